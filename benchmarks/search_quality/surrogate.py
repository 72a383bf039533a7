"""What a training would have told, for any settings of a table's space: curves and seconds.

One surrogate for each recorded seed. Each metric's 64 curves are written in their principal
components, and a Gaussian process with its own length scales and noise predicts each component:
a smooth mean. To it comes noise as the table shows it: the gap between the two recordings of
one of the settings, divided by √2, as a whole curve of all metrics, drawn by the trial's seed. So
its curve is as rough, and its last value as uncertain, as those of a real training, the same trial
tells the same again, and the search cannot see the mean. `final` is the mean alone: what a
choice is judged by, on the other seed's surrogate. `errors.py` says how far off the mean is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.search_quality.gp import GP, Array
from benchmarks.search_quality.recorded import COST, Recorded, load
from benchmarks.search_quality.tables import EPOCHS, TABLES
from recsae.search.engine.director import TrialRun
from recsae.search.simulation.curves import Curve
from recsae.space import SEED
from recsae.space.parameters import MODEL

_COMPONENTS = 4
_FLAT = 1e-6
"""A metric that never changes by more is one number."""
_LEAST = 1e-4
"""Logarithms are taken of values no smaller than this."""


class Surrogate:
    """A table as one of its seeds has it."""

    def __init__(self, recorded: Recorded, seed: int) -> None:
        """`seed` is the recorded one: 0 or 1."""
        self.recorded, self.seed = recorded, seed
        self._cube = recorded.cube
        points = self._cube.points(recorded.settings)
        self._models = {
            name: CurveModel(points, coded(name, curves, recorded), seed)
            for name, curves in recorded.curves.items()
            if name not in ("share", "leak", "hr@10")
        }
        ndcg = recorded.curves["ndcg@10"]
        share = recorded.curves["share"]
        self._base = float(np.median(ndcg / share))
        self._noises = _noises(recorded)
        self._leak = recorded.curves["leak"][seed]
        self._points = points

    @classmethod
    def of(cls, table: str, seed: int) -> "Surrogate":
        """Return that of a recorded table, by its name."""
        return cls(load(TABLES[table]), seed)

    def training(self, trial: TrialRun, salt: int) -> Curve:
        """Return the curve of a trial that the simulator runs."""
        return self.curve({MODEL: trial.model_name, **trial.settings}, salt)

    def curve(self, settings: Mapping[str, Any], salt: int = 0) -> Curve:
        """Return the curve of a trial; its noise is drawn by `sae_seed` and `salt`."""
        draw = np.random.default_rng([int(settings.get(SEED, 0)), salt, self.seed])
        which, sign = int(draw.integers(len(self._points))), 1 - 2 * int(draw.integers(2))
        point = self._cube.points([settings])
        values = {
            name: _decoded(name, model(point)[0] + sign * self._noises[name][which], settings)
            for name, model in self._models.items()
        }
        seconds = values.pop(COST)
        near = int(np.argmin(np.square(self._points - point).sum(1)))
        values |= {"share": values["ndcg@10"] / self._base, "leak": self._leak[near]}
        return Curve(seconds, values)

    def final(self, settings: Sequence[Mapping[str, Any]], name: str = "ndcg@10") -> Array:
        """Return a metric after the last epoch, without noise, for many settings at once."""
        return self.after(EPOCHS, settings, name)

    def after(self, epochs: int, settings: Sequence[Mapping[str, Any]], name: str) -> Array:
        """Return a metric after some epochs, without noise."""
        coded = self._models[name](self._cube.points(settings))[:, epochs - 1]
        return np.array([_decoded(name, v, s) for v, s in zip(coded, settings, strict=True)])

    def training_seconds(self, settings: Sequence[Mapping[str, Any]]) -> Array:
        """Return the seconds of whole trainings."""
        coded = self._models[COST](self._cube.points(settings))
        return np.asarray(np.exp(coded).sum(1), float)


class CurveModel:
    """Curves of one metric as a function of points in the unit cube, as one seed has them.

    What both seeds tell together settles the components, the length scales and the noise: the gap
    between two recordings of a setting shows how large it is at least. The values are one seed's.
    """

    def __init__(self, points: Array, pair: Array, seed: int) -> None:
        """`pair`: [seed, point, epoch]."""
        both = pair.mean(0)
        self._mean = pair[seed].mean(0)
        self._processes: list[GP] = []
        self._scores: list[Array] = []
        self._basis = np.empty((0, pair.shape[2]))
        if np.ptp(pair, axis=(0, 1)).max() < _FLAT:
            return
        _, sizes, basis = np.linalg.svd(both - both.mean(0), full_matrices=False)
        self._basis = basis[:_COMPONENTS][sizes[:_COMPONENTS] > 1e-6 * sizes[0]]
        scores = (pair - pair.mean(1, keepdims=True)) @ self._basis.T
        for one, other in np.moveaxis(scores, 2, 0):
            noise = float(np.mean((one - other) ** 2)) / 2
            shared = GP.fit(points, (one + other) / 2, noise / 2)
            outputs = (one, other)[seed]
            self._processes.append(shared.conditioned(outputs, noise / 2))
            self._scores.append(outputs)

    def __call__(self, points: Array) -> Array:
        """Return a curve for each point."""
        if not self._processes:
            return np.tile(self._mean, (len(points), 1))
        scores = np.stack([process(points) for process in self._processes], axis=1)
        return np.asarray(self._mean + scores @ self._basis)

    def left_out(self) -> Array:
        """Return the curve of each point as it is predicted without its own."""
        pairs = zip(self._processes, self._scores, strict=True)
        scores = np.stack([process.left_out(score) for process, score in pairs], axis=1)
        return np.asarray(self._mean + scores @ self._basis)


def coded(name: str, curves: Array, recorded: Recorded) -> Array:
    """Return curves as they are modelled: sizes by their logarithm, l0 as a share of k."""
    if name == "l0":
        most = np.array([float(one["sae_k"]) for one in recorded.settings])
        return np.asarray(curves / most[None, :, None])
    return np.asarray(np.log(np.maximum(curves, _LEAST))) if name in (COST, "fvu") else curves


def _decoded(name: str, coded: Array, settings: Mapping[str, Any]) -> Array:
    if name == "l0":
        return np.asarray(np.clip(coded, 0, 1) * settings["sae_k"])
    if name in (COST, "fvu"):
        return np.asarray(np.exp(coded))
    return np.clip(coded, 0, 1)


def _noises(recorded: Recorded) -> dict[str, Array]:
    """Return, of each metric, how far one recording of a setting is from their mean, scaled up.

    The gap of two values that are independent has twice the variance of one.
    """
    pairs = {name: coded(name, curves, recorded) for name, curves in recorded.curves.items()}
    return {name: (pair[0] - pair[1]) / np.sqrt(2) for name, pair in pairs.items()}
