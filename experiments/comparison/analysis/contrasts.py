"""Differences between models with intervals that know of bases, SAE seeds and users.

A difference is measured for each of C contrasts on B bases x S seeds x U users, all paired: the
same users under every base and seed. Shapes: C contrasts, B bases, S seeds, T = B x S trainings,
U users, Q draws, G draws of a chunk.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recsae.metrics.intervals import LEVEL

DRAWS = 10_000
CHUNK_BYTES = 2**26
"""Memory for the resampled users of a chunk of draws."""

Array = npt.NDArray[Any]


class Interval(NamedTuple):
    """A mean difference, its bootstrap interval, and what it varies with."""

    mean: float
    low: float
    high: float
    p: float
    """Two-sided: twice the share of draws on the other side of 0, at least 2 / (draws + 1)."""
    users: float
    """Standard error of the mean due to the users, the trainings being what they are."""
    seeds: float
    """The same due to the SAE seeds within a base; NaN for one seed."""
    bases: float
    """The same due to the bases (with what seeds add to it); NaN for one base."""


def hierarchical_bootstrap(
    difference_CBSU: Array, *, draws: int = DRAWS, seed: int = 0, chunk_bytes: int = CHUNK_BYTES
) -> list[Interval]:
    """Return an interval a contrast: draw bases, then seeds of each drawn base, then users.

    Users are crossed with trainings, not nested in them, so a draw takes one sample of users for
    all its trainings: a sample for each would average away what users differ in. With few bases
    the part of the spread that is theirs comes out small, by (B - 1) / B in its square.
    """
    contrasts, bases, seeds, users = difference_CBSU.shape
    rng = np.random.default_rng(seed)
    means_QCT = _user_means(difference_CBSU.reshape(-1, users), draws, rng, chunk_bytes)
    means_QCT = means_QCT.reshape(draws, contrasts, bases * seeds)
    base_QB = rng.integers(bases, size=(draws, bases))
    seed_QBS = rng.integers(seeds, size=(draws, bases, seeds))
    training_QT = (base_QB[:, :, None] * seeds + seed_QBS).reshape(draws, -1)
    drawn_QC = np.take_along_axis(means_QCT, training_QT[:, None, :], axis=2).mean(2)
    return [
        _interval(difference_BSU, drawn_Q)
        for difference_BSU, drawn_Q in zip(difference_CBSU, drawn_QC.T, strict=True)
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for the size of their family, whatever their dependence (Holm).

    The m-th smallest of M is multiplied by M - m + 1, and none is below a smaller one's.
    """
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    raised = np.maximum.accumulate(np.asarray(p_values, np.float64)[order] * factors)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(raised, 1.0)
    return [float(value) for value in corrected]


def _user_means(values_TU: Array, draws: int, rng: np.random.Generator, chunk_bytes: int) -> Array:
    """Return [Q, T]: the mean over resampled users, the same users for all T."""
    users = values_TU.shape[1]
    mean_T = values_TU.mean(1)  # taken off, so that float32 keeps the digits that matter
    centred_UT = (values_TU - mean_T[:, None]).T.astype(np.float32)
    means_QT = np.empty((draws, len(values_TU)))
    chunk = max(1, chunk_bytes // (12 * users))
    for start in range(0, draws, chunk):
        part = slice(start, min(start + chunk, draws))
        size = part.stop - start
        drawn_GU = rng.integers(users, size=(size, users))
        drawn_GU += np.arange(size)[:, None] * users
        counts_GU = np.bincount(drawn_GU.ravel(), minlength=size * users).reshape(size, users)
        means_QT[part] = counts_GU.astype(np.float32) @ centred_UT / users
    means_QT += mean_T
    return means_QT


def _interval(difference_BSU: Array, drawn_Q: Array) -> Interval:
    low, high = np.quantile(drawn_Q, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    mean_BS, mean_U = difference_BSU.mean(2), difference_BSU.mean((0, 1))
    bases, seeds, users = difference_BSU.shape
    least = min(int((drawn_Q <= 0).sum()), int((drawn_Q >= 0).sum()))
    return Interval(
        mean=float(mean_U.mean()),
        low=float(low),
        high=float(high),
        p=min(1.0, 2 * (least + 1) / (len(drawn_Q) + 1)),
        users=_error(mean_U, users),
        seeds=float(np.sqrt(_variance(mean_BS, 1).mean() / (bases * seeds))),
        bases=_error(mean_BS.mean(1), bases),
    )


def _error(values: Array, count: int) -> float:
    return float(np.sqrt(_variance(values, 0) / count))


def _variance(values: Array, axis: int) -> Any:
    few = values.shape[axis] < 2
    return np.full(values.mean(axis).shape, np.nan) if few else values.var(axis, ddof=1)
