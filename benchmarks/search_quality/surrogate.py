"""What a training would have told, for any settings of a table's space: curves and seconds.

Each metric's curves, means over all seeds of a setting, are written in their principal components,
and a Gaussian process with its own length scales and noise predicts each component: a smooth mean,
which is the truth that answers are judged by. To it comes noise as it was recorded: how far one
training of a setting is from the mean of its seeds, all metrics and epochs at once, drawn by the
trial's seed among the settings of like score. So a search sees curves as rough and last values as
uncertain as real ones, score and FVU err together as they do, the same trial tells the same again,
and no seed's luck is taken for signal. `errors.py` says how far off the mean is.
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

SCORE = "ndcg@10"
MODELLED = (SCORE, "fvu", "l0", "dead", COST)
_COMPONENTS = 4
_FLAT = 1e-6
"""A metric that never changes by more is one number."""
_LEAST = 1e-4
"""Logarithms are taken of values no smaller than this."""
_WINDOW = 4.0
"""Quartile gaps below the median beyond which a score counts as so far off, above it an FVU.

A few trainings collapse: at their full depth no smooth function leads there and back."""
_ALIKE = 12
"""Settings nearest in score that a trial's noise is drawn from."""


class Surrogate:
    """A table as all of its seeds together have it."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self._cube = recorded.cube
        points = self._cube.points(recorded.settings)
        curves = {name: coded(name, recorded) for name in MODELLED}
        self._models = {name: CurveModel(points, own) for name, own in curves.items()}
        self._gaps = {name: _gaps(own) for name, own in curves.items()}
        self._level = np.nanmean(curves[SCORE], axis=0)[:, -1]
        self._base = float(np.nanmedian(recorded.curves[SCORE] / recorded.curves["share"]))

    @classmethod
    def of(cls, table: str) -> "Surrogate":
        """Return that of a recorded table, by its name."""
        return cls(load(TABLES[table]))

    def training(self, trial: TrialRun, salt: int) -> Curve:
        """Return the curve of a trial that the simulator runs."""
        return self.curve({MODEL: trial.model_name, **trial.settings}, salt)

    def curve(self, settings: Mapping[str, Any], salt: int = 0) -> Curve:
        """Return the curve of a trial; its noise is drawn by `sae_seed` and `salt`."""
        draw = np.random.default_rng([int(settings.get(SEED, 0)), salt])
        point = self._cube.points([settings])
        means = {name: model(point)[0] for name, model in self._models.items()}
        alike = np.argsort(np.abs(self._level - means[SCORE][-1]), kind="stable")[:_ALIKE]
        which = int(draw.choice(alike))
        # Seconds are recorded with the first seeds alone.
        seeds = {
            name: np.flatnonzero(np.isfinite(g[:, which, 0])) for name, g in self._gaps.items()
        }
        seed, sign = int(draw.choice(seeds[SCORE])), 1 - 2 * int(draw.integers(2))
        values = {}
        for name, mean in means.items():
            gap = self._gaps[name][seed if seed in seeds[name] else seeds[name][0], which]
            values[name] = _decoded(name, mean + sign * gap, settings)
        seconds = values.pop(COST)
        # No recorded training leaks.
        values |= {"share": values[SCORE] / self._base, "leak": np.zeros(EPOCHS)}
        return Curve(seconds, values)

    def final(self, settings: Sequence[Mapping[str, Any]], name: str = SCORE) -> Array:
        """Return a metric after the last epoch, without noise, for many settings at once."""
        coded = self._models[name](self._cube.points(settings))[:, -1]
        return np.array([_decoded(name, v, s) for v, s in zip(coded, settings, strict=True)])

    def training_seconds(self, settings: Sequence[Mapping[str, Any]]) -> Array:
        """Return the seconds of whole trainings."""
        coded = self._models[COST](self._cube.points(settings))
        return np.asarray(np.exp(coded).sum(1), float)


class CurveModel:
    """Curves of one metric as a function of points in the unit cube."""

    def __init__(self, points: Array, curves: Array) -> None:
        """`curves`: [seed, point, epoch], NaN where a point has no recording with a seed.

        How far apart the recordings of a point are says how large the noise is at least.
        """
        pooled, known = np.nanmean(curves, axis=0), np.isfinite(curves[:, :, 0])
        self._mean = pooled.mean(0)
        self._processes: list[GP] = []
        self._scores: list[Array] = []
        self._basis = np.empty((0, curves.shape[2]))
        if np.nanmax(curves) - np.nanmin(curves) < _FLAT:
            return
        _, sizes, basis = np.linalg.svd(pooled - self._mean, full_matrices=False)
        self._basis = basis[:_COMPONENTS][sizes[:_COMPONENTS] > 1e-6 * sizes[0]]
        counts = known.sum(0)
        noises = np.nansum(((curves - pooled) @ self._basis.T) ** 2, axis=(0, 1))
        noises /= (counts - 1).sum()
        for score, noise in zip(((pooled - self._mean) @ self._basis.T).T, noises, strict=True):
            self._processes.append(GP.fit(points, score, float(noise), 1 / counts))
            self._scores.append(score)

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


def coded(name: str, recorded: Recorded) -> Array:
    """Return curves as they are modelled [S, N, E]: sizes by their logarithm, l0 as a share of k.

    Scores far below and FVUs far above the others at an epoch are brought to the window's end.
    """
    curves = recorded.curves[name]
    if name == "l0":
        most = np.array([float(one["sae_k"]) for one in recorded.settings])
        return np.asarray(curves / most[None, :, None])
    if name in (COST, "fvu"):
        curves = np.log(np.maximum(curves, _LEAST))
    if name in (SCORE, "fvu"):
        low, middle, high = np.nanquantile(curves[:2], [0.25, 0.5, 0.75], axis=(0, 1))
        worst = middle - _WINDOW * (middle - low), middle + _WINDOW * (high - middle)
        curves = np.maximum(curves, worst[0]) if name == SCORE else np.minimum(curves, worst[1])
    return np.asarray(curves)


def _decoded(name: str, coded: Array, settings: Mapping[str, Any]) -> Array:
    if name == "l0":
        return np.asarray(np.clip(coded, 0, 1) * settings["sae_k"])
    if name in (COST, "fvu"):
        return np.asarray(np.exp(coded))
    return np.clip(coded, 0, 1)


def _gaps(curves: Array) -> Array:
    """Return how far each recording of a setting is from the mean of its seeds, scaled up.

    The gap from a mean of n that it is part of has (n - 1)/n of its variance.
    """
    counts = np.isfinite(curves[:, :, :1]).sum(0)
    return np.asarray((curves - np.nanmean(curves, axis=0)) * np.sqrt(counts / (counts - 1)))
