"""A Gaussian process over settings and epochs at once: what all the curves say together.

The value of a trial `i` with features `x` after `t` epochs is

    y = m(t) + g(x) + h(x, t) + d_i(t) + e

`g` is the quality at the end of training, `h` what is still to come, zero at the end; `m` the same
of all trials, `d_i` the effect of a trial's seed, which fades as the logarithm of the epochs grows
(as it does between two seeds of the same settings), `e` the noise of an epoch, which is also seen
in how rough curves are. `g` and `h` are Gaussian processes with a Matérn 5/2 kernel over settings
(Rasmussen and Williams, 2006, ch. 4), every feature with a length of its own; along the epochs `h`
is a random walk that ends at 0: the last value of a curve says more than its slope does. How large
`h` is beside `g` is learned: where early values mislead, it is large, and they count little.
Freeze-thaw optimisation (Swersky, Snoek and Adams, 2014) has the idea, with an exponential decay in
place of the walk.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import numpy as np
from scipy.linalg import cho_solve, cholesky
from scipy.optimize import minimize

from recsae.search.curve_gp.unit_cube import Array

WALK: Final = 0.5
"""The walk's variance from `t` epochs to the end goes like t^-WALK: most happens early."""
COMMON: Final = 1.0
"""Variance of the mean and of its walk; values are standardised."""
JITTER: Final = 1e-8


class Observations(NamedTuple):
    """Values of curves. Those of a trial stand together."""

    features: Array
    """[trial, feature], from 0 to 1."""
    task: Array
    """[trial]: 0 for this search, other numbers for earlier ones."""
    trial: Any
    """[value]: whose it is."""
    walk: Array
    """[value]: variance of what is still to come, from 1 at the first epoch to 0 at the end."""
    age: Array
    """[value]: logarithm of the epochs."""
    span: Array
    """[value]: of how many epochs it is the mean."""
    value: Array
    """[value]: standardised, more is better."""
    residual: float = 0.0
    """Squares by which single epochs lie beside the line through theirs, in all."""
    freedom: float = 0.0
    """How many epochs more than two on each such line."""


def walk_left(epochs: Any, end: float) -> Any:
    """Return the share of the walk that is left after `epochs` of `end`."""
    if end <= 1:
        return np.zeros_like(np.asarray(epochs, dtype=float))
    # Scaled so that 1 is left at the first epoch and 0 at the end.
    last = end**-WALK
    return (np.asarray(epochs, dtype=float) ** -WALK - last) / (1 - last)


@dataclass(frozen=True)
class Kernel:
    """The hyperparameters of the kernel, as logarithms: what `fit` moves."""

    lengths: Array
    """[feature]."""
    g: float = math.log(1.0)
    h: float = math.log(2.0)
    trial_effect: float = math.log(0.06)
    noise: float = math.log(0.04)
    tasks: float = 1.4
    """Correlation between tasks, as a logit."""

    @classmethod
    def prior(cls, features: int) -> Self:
        """Return where learning starts, and what it is pulled to."""
        return cls(np.full(features, math.log(0.9) + 0.5 * math.log(max(1.0, features / 3))))

    def flat(self) -> Array:
        """Return all in one vector."""
        return np.append(self.lengths, [self.g, self.h, self.trial_effect, self.noise, self.tasks])

    @classmethod
    def of(cls, flat: Array) -> Self:
        """Return what `flat` gave."""
        return cls(flat[:-5], *(float(value) for value in flat[-5:]))


SPREADS: Final = np.array([1.0, 1.5, 1.5, 1.5, 1.0])
"""Standard deviations of the priors of g, h, trial_effect, noise and tasks; of a length it is
LENGTH_SPREAD."""
LENGTH_SPREAD: Final = 0.6


def fit(seen: Observations, start: Kernel, steps: int) -> Kernel:
    """Return the most probable kernel after at most so many steps from `start`."""
    centre = Kernel.prior(seen.features.shape[1]).flat()
    spread = np.append(np.full(len(centre) - 5, LENGTH_SPREAD), SPREADS)
    squares = squared_gaps(seen.features)

    def loss(flat: Array) -> tuple[float, Array]:
        value, slope = likelihood(seen, Kernel.of(flat), squares)
        away = (flat - centre) / spread
        return 0.5 * away @ away - value, away / spread - slope

    bounds = list(zip(centre - 4 * spread, centre + 4 * spread, strict=True))
    found = minimize(
        loss, start.flat(), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps}
    )
    return Kernel.of(found.x) if np.isfinite(found.fun) else start


def likelihood(seen: Observations, kernel: Kernel, squares: Array) -> tuple[float, Array]:
    """Return the logarithm of the marginal likelihood and its gradient by `kernel.flat()`.

    Rasmussen and Williams, equations 5.8 and 5.9.
    """
    covariance = Covariance.of(seen, kernel, squares)
    factor = cholesky(covariance.total, lower=True, check_finite=False)
    alpha = cho_solve((factor, True), seen.value, check_finite=False)
    # Without the constant n/2 log 2π, which moves no optimum.
    value = -0.5 * seen.value @ alpha - np.log(np.diag(factor)).sum()
    # How rough curves are says the same noise: a Gaussian likelihood of the residuals.
    beside = seen.residual * math.exp(-kernel.noise)
    value -= 0.5 * (seen.freedom * kernel.noise + beside)
    inverse = cho_solve((factor, True), np.eye(len(alpha)), check_finite=False)
    slope = 0.5 * (np.outer(alpha, alpha) - inverse)
    # Values of a trial stand together, so sums by trial are sums of blocks.
    starts = np.flatnonzero(np.diff(seen.trial, prepend=-1))

    def by_trial(matrix: Array) -> Array:
        return np.add.reduceat(np.add.reduceat(matrix, starts, axis=0), starts, axis=1)

    level, moving = by_trial(slope), by_trial(slope * covariance.walk)
    g, h = math.exp(kernel.g), math.exp(kernel.h)
    pulled = g * level + h * moving
    # ∂k/∂log(length) of a Matérn kernel is its `steep` times the squared scaled gap.
    scaled = squares * np.exp(-2 * kernel.lengths)[:, None, None]
    lengths = np.tensordot(scaled, pulled * covariance.related * covariance.steep, axes=2)
    rho = logistic(kernel.tasks)
    alike = covariance.matern * covariance.related
    others = seen.task[:, None] != seen.task
    rest = [
        g * (level * alike).sum(),
        h * (moving * alike).sum(),
        math.exp(kernel.trial_effect) * (slope * covariance.trial_effect).sum(),
        math.exp(kernel.noise) * (np.diag(slope) / seen.span).sum() + 0.5 * (beside - seen.freedom),
        # The slope of a correlation by its logit.
        rho * (1 - rho) * (pulled * covariance.matern * others).sum(),
    ]
    return float(value), np.append(lengths, rest)


class Covariance(NamedTuple):
    """The covariance of the values, and what it is made of."""

    matern: Array
    steep: Array
    related: Array
    walk: Array
    trial_effect: Array
    total: Array

    @classmethod
    def of(cls, seen: Observations, kernel: Kernel, squares: Array) -> Self:
        distance = np.sqrt(np.tensordot(np.exp(-2 * kernel.lengths), squares, axes=1))
        matern, steep = matern52(distance)
        same = seen.task[:, None] == seen.task
        related = np.where(same, 1.0, logistic(kernel.tasks))
        # A random walk that ends at 0: two values share what is still to come after the later.
        walk = np.minimum(seen.walk[:, None], seen.walk)
        pair = np.ix_(seen.trial, seen.trial)
        total = (matern * related)[pair] * (math.exp(kernel.g) + math.exp(kernel.h) * walk)
        # Each search has a mean of its own, so tasks share only the part over settings.
        total += same[pair] * COMMON * (1 + walk)
        trial_effect = (seen.trial[:, None] == seen.trial) * trial_correlation(
            seen.age[:, None] - seen.age
        )
        total += trial_effect * math.exp(kernel.trial_effect)
        total[np.diag_indices_from(total)] += math.exp(kernel.noise) / seen.span + JITTER
        return cls(matern, steep, related, walk, trial_effect, total)


def matern52(distance: Array) -> tuple[Array, Array]:
    """Return the kernel, and what its slope by the logarithm of a length is a multiple of."""
    far = math.sqrt(5) * distance
    fading = np.exp(-far)
    return (1 + far + far**2 / 3) * fading, 5 / 3 * (1 + far) * fading


def trial_correlation(apart: Array) -> Array:
    """Return the correlation of a trial's effect between two ages."""
    return np.asarray(np.exp(-np.abs(apart)))


def squared_gaps(features: Array) -> Array:
    """Return squared differences: [feature, trial, trial]."""
    columns = features.T
    return np.asarray((columns[:, :, None] - columns[:, None, :]) ** 2)


def distances(a: Array, b: Array) -> Array:
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    # Rounding may leave a square just below 0.
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


def logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
