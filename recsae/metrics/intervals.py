"""Paired bootstrap over users. Shapes: R rows (users), M measures, G groups, Q resamples."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
LEVEL = 0.95
CHUNK_BYTES = 2**25
"""Memory for the weights of the resamples drawn at a time."""

Array = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """A mean over users and the percentile interval of its bootstrap."""

    mean: float
    low: float
    high: float


def intervals(
    values_RM: npt.ArrayLike,
    members_GR: npt.ArrayLike | None = None,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> list[list[Interval]]:
    """Return an interval for each group (all users if none are given) and measure, [G][M].

    All groups share the resamples, so a group's size varies from one to the next as it would from
    one sample of users to another. NaN for a group of nobody.
    """
    values_RM = np.asarray(values_RM, dtype=np.float64)
    rows, measures = values_RM.shape
    members_GR = np.ones((1, rows), bool) if members_GR is None else np.asarray(members_GR, bool)
    # What a group sums up, and at the end its size: one product with the weights gives it all.
    summed_GRM = members_GR[:, :, None] * np.column_stack([values_RM, np.ones(rows)])
    summed = summed_GRM.transpose(1, 0, 2).reshape(rows, -1)
    drawn_Q = np.concatenate([weights @ summed for weights in _weights(rows, resamples, seed)])
    drawn_QGM = _means(drawn_Q.reshape(-1, len(members_GR), measures + 1))
    mean_GM = _means(summed.sum(0).reshape(len(members_GR), measures + 1))
    tail = (1 - level) / 2
    return [
        [_interval(mean_GM[g, m], drawn_QGM[:, g, m], tail) for m in range(measures)]
        for g in range(len(members_GR))
    ]


def _weights(rows: int, resamples: int, seed: int) -> Iterator[Array]:
    """Yield chunks [Q, R] of how often each resample holds each user: multinomial, R in a row."""
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK_BYTES // (8 * rows))
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        # Drawing the users and counting them is several times as fast as rng.multinomial.
        place = rng.integers(rows, size=(count, rows)) + rows * np.arange(count)[:, None]
        drawn = np.bincount(place.ravel(), minlength=count * rows)
        yield drawn.reshape(count, rows).astype(np.float64)


def _means(sums: Array) -> Array:
    """Divide sums by the size that stands last; NaN for nothing."""
    sizes = sums[..., -1:]
    return np.divide(
        sums[..., :-1], sizes, out=np.full_like(sums[..., :-1], np.nan), where=sizes > 0
    )


def _interval(mean: float, drawn_Q: Array, tail: float) -> Interval:
    drawn_Q = drawn_Q[~np.isnan(drawn_Q)]
    if not len(drawn_Q):
        return Interval(float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(drawn_Q, [tail, 1 - tail])
    return Interval(float(mean), float(low), float(high))
