"""A Gaussian process of one output, for the surrogate alone: no search of ours imports it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

Array = NDArray[np.float64]

_ROOT5 = math.sqrt(5)
_PRIOR_LENGTH = (math.log(0.7), 1.0)
"""Mean and deviation of the logarithm of a length scale, over inputs in [0, 1]."""
_PRIOR_NOISE = (math.log(0.1), 1.5)
"""The same of the noise's variance, where the output has variance 1."""


def matern(a: Array, b: Array, lengths: Array) -> Array:
    """Return the Matérn 5/2 correlations of two sets of points."""
    gap = (a / lengths)[:, None, :] - (b / lengths)[None, :, :]
    far = _ROOT5 * np.sqrt(np.einsum("ijd,ijd->ij", gap, gap))
    return np.asarray((1 + far + far**2 / 3) * np.exp(-far))


@dataclass(frozen=True)
class GP:
    """A fitted one: its mean is `level + k(x) @ weights`."""

    inputs: Array
    level: float
    lengths: Array
    signal: float
    weights: Array
    inverse: Array
    """Of the covariance of what was observed."""

    @classmethod
    def fit(cls, inputs: Array, outputs: Array, least_noise: float, shares: Array) -> "GP":
        """Fit length scales, signal and noise by the largest posterior density.

        `least_noise` is a variance that one observation is known to have around its mean, `shares`
        how much of it each output has: 1/n of a mean over n observations.
        """
        level, spread = float(outputs.mean()), float(outputs.std()) or 1.0
        scaled = (outputs - level) / spread
        parts = inputs.shape[1]
        least = math.log(min(max(least_noise / spread**2, 1e-4), 1.0))
        starts = [[_PRIOR_LENGTH[0]] * parts + [0.0, noise] for noise in (least, least + 2.0)]
        bounds = [(-3.0, 3.0)] * parts + [(-6.0, 2.0), (least, least + 4.0)]
        found = [
            minimize(_loss, start, (inputs, scaled, shares), "L-BFGS-B", jac=True, bounds=bounds)
            for start in starts
        ]
        best = min(found, key=lambda result: float(result.fun)).x
        lengths, signal, noise = np.exp(best[:parts]), math.exp(best[-2]), math.exp(best[-1])
        noises = noise * spread**2 * shares
        return cls.of(inputs, outputs, lengths, signal * spread**2, noises)

    @classmethod
    def of(
        cls, inputs: Array, outputs: Array, lengths: Array, signal: float, noises: Array
    ) -> "GP":
        """Return the process with these hyperparameters, conditioned on these outputs."""
        level = float(outputs.mean())
        covariance = signal * matern(inputs, inputs, lengths) + np.diag(noises)
        inverse = np.asarray(np.linalg.inv(covariance), float)
        weights = np.asarray(signal * (inverse @ (outputs - level)), float)
        return cls(inputs, level, lengths, signal, weights, inverse)

    def __call__(self, points: Array) -> Array:
        """Return the mean at the points."""
        return np.asarray(self.level + matern(points, self.inputs, self.lengths) @ self.weights)

    def left_out(self, outputs: Array) -> Array:
        """Return what each point would be predicted without it, hyperparameters as they are."""
        residual = (self.inverse @ (outputs - self.level)) / np.diag(self.inverse)
        return np.asarray(outputs - residual)


def _loss(
    log_parameters: Array, inputs: Array, outputs: Array, shares: Array
) -> tuple[float, Array]:
    """Return the negative log posterior and its gradient."""
    parts = inputs.shape[1]
    lengths = np.exp(log_parameters[:parts])
    signal, noise = np.exp(log_parameters[-2]), np.exp(log_parameters[-1])
    gap = (inputs[:, None, :] - inputs[None, :, :]) / lengths
    square = gap**2
    far = _ROOT5 * np.sqrt(square.sum(2))
    fall = np.exp(-far)
    kernel = signal * (1 + far + far**2 / 3) * fall
    factor = cho_factor(kernel + np.diag(noise * shares + 1e-8), lower=True)
    weights = cho_solve(factor, outputs)
    inverse = cho_solve(factor, np.eye(len(inputs)))
    inner = inverse - np.outer(weights, weights)
    slope = signal * (5 / 3) * (1 + far) * fall
    gradient = np.empty_like(log_parameters)
    gradient[:parts] = 0.5 * np.einsum("ij,ij,ijd->d", inner, slope, square)
    gradient[-2] = 0.5 * np.sum(inner * kernel)
    gradient[-1] = 0.5 * noise * (np.diag(inner) @ shares)
    loss = 0.5 * outputs @ weights + np.log(np.diag(factor[0])).sum()
    priors = [(slice(0, parts), _PRIOR_LENGTH), (slice(-1, None), _PRIOR_NOISE)]
    for where, (mean, deviation) in priors:
        gap_to = (log_parameters[where] - mean) / deviation
        loss += 0.5 * np.sum(gap_to**2)
        gradient[where] += gap_to / deviation
    return float(loss), gradient
