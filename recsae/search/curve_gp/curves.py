"""The curves of a search as the surrogate sees them: means over segments of epochs."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from statistics import fmean
from typing import Final, NamedTuple, Self

import numpy as np

from recsae.results import States
from recsae.search.curve_gp.gaussian_process import Observations, walk_left
from recsae.search.curve_gp.unit_cube import Array
from recsae.search.engine.history import WORST, Trial

GROWTH: Final = 1.5
"""A segment ends at so many times the epochs of the one before."""
MOST: Final = 120
"""Trials that the surrogate sees at most: time grows with their number cubed."""
OUTLIER: Final = 3.0
"""Values so many times the usual range below the middle went wrong altogether."""
LEAST: Final = 0.5
"""They count as so many spreads worse than the worst of the rest."""


@cache
def segment_ends(end: int) -> tuple[int, ...]:
    """Return the epochs at which segments end: 1, 2, 3, 5, 8, 12, 18, 27 of 27."""
    found = [1]
    while found[-1] < end:
        # + .01: a half rounds up, where Python rounds to the even number.
        found.append(max(found[-1] + 1, round(found[-1] * GROWTH + 0.01)))
    # A last segment of an epoch or two would say hardly anything of its own.
    kept = [stop for stop in found if stop * GROWTH**0.5 < end or stop == 1]
    return (*(stop for stop in kept if stop < end), end)


@cache
def segment(start: int, stop: int, end: int) -> "Segment":
    """Return the epochs after `start` up to `stop`, without a value."""
    age = float(np.log(np.arange(start + 1, stop + 1)).mean())
    walk = 0.0 if stop == end else float(walk_left(np.exp(age), end))
    return Segment(walk, age, float(stop - start), 0.0)


class Standardised(NamedTuple):
    """Observations, and how they were standardised."""

    observations: Observations
    middle: float
    spread: float

    @classmethod
    def of(cls, curves: "Sequence[Curve]") -> Self:
        """Standardise the values of each task, and put all curves together."""
        segments = [one for curve in curves for one in curve.segments]
        tasks = np.array([curve.task for curve in curves])
        trial = np.repeat(np.arange(len(curves)), [len(curve.segments) for curve in curves])
        values = np.array([one.value for one in segments])
        middle, spread, residual = 0.0, 1.0, 0.0
        # This search (0) comes last, so that its middle and spread are the ones returned.
        for task in sorted(set(tasks.tolist()), reverse=True):
            own = tasks[trial] == task
            middle, spread, least = _scale(values[own])
            values[own] = np.maximum((values[own] - middle) / spread, least)
            residual += sum(segments[i].residual for i in np.flatnonzero(own)) / spread**2
        return cls(
            Observations(
                np.stack([curve.features for curve in curves]),
                tasks,
                trial,
                np.array([one.walk for one in segments]),
                np.array([one.age for one in segments]),
                np.array([one.span for one in segments]),
                values,
                residual,
                sum(one.freedom for one in segments),
            ),
            middle,
            spread,
        )


class Segment(NamedTuple):
    """The mean of a segment of a curve."""

    walk: float
    age: float
    span: float
    value: float
    residual: float = 0.0
    freedom: float = 0.0
    """See `Observations`."""


class Curve(NamedTuple):
    """What the surrogate sees of one trial."""

    features: Array
    segments: list[Segment]
    task: int = 0


def segments_of(values: Mapping[int, float], end: int) -> list[Segment]:
    """Return the means over segments of epochs; only the last if that value is invalid."""
    if not values:
        return []
    last = max(values)
    if values[last] <= WORST:
        return [failed(end)]
    found = []
    edges = [0, *(stop for stop in segment_ends(end) if stop < last), last]
    for start, stop in pairwise(edges):
        own = [value for epoch, value in values.items() if start < epoch <= stop and value > WORST]
        if own:
            one = segment(start, stop, end)._replace(span=float(len(own)), value=fmean(own))
            if len(own) > 2:
                one = one._replace(residual=_residual(own), freedom=len(own) - 2.0)
            found.append(one)
    return found


def failed(end: int) -> Segment:
    """Return what is seen of a trial that is of no use."""
    return segment(end - 1, end, end)._replace(value=WORST)


def _residual(values: Sequence[float]) -> float:
    """Return the squares by which values lie beside the line through them."""
    at = np.arange(len(values)) - (len(values) - 1) / 2
    apart = np.array(values) - fmean(values)
    return float(apart @ apart - (at @ apart) ** 2 / (at @ at))


def thinned(trials: Sequence[Trial], segments: Mapping[int, Sequence[Segment]]) -> list[Trial]:
    """Return at most MOST trials by number: what runs, the better two thirds, the rest evenly.

    Trials that were trained as far are compared with one another.
    """
    if len(trials) <= MOST:
        return list(trials)
    levels: dict[int, list[float]] = {}
    for own in (segments[trial.trial_id] for trial in trials):
        levels.setdefault(len(own), []).append(own[-1].value)
    # A short curve lies lower: it is ranked against the median of curves as long.
    usual = {length: float(np.median(values)) for length, values in levels.items()}

    def rank(trial: Trial) -> tuple[bool, float, int]:
        own = segments[trial.trial_id]
        return trial.state != States.RUNNING, usual[len(own)] - own[-1].value, trial.trial_id

    order = sorted(trials, key=rank)
    best, rest = order[: MOST * 2 // 3], order[MOST * 2 // 3 :]
    picks = np.linspace(0, len(rest) - 1, MOST - len(best)).round().astype(int)
    return sorted(best + [rest[i] for i in picks], key=lambda trial: trial.trial_id)


def _scale(values: Array) -> tuple[float, float, float]:
    """Return the middle and the spread of values, and the least that counts, in spreads.

    What went wrong altogether neither moves them nor counts as worse than the least of the rest.
    """
    good = values[values > WORST]
    if not len(good):
        return 0.0, 1.0, -LEAST
    low, middle, high = np.quantile(good, [0.1, 0.5, 0.9])
    kept = good[good >= middle - OUTLIER * (high - low)]
    # Equal values have no spread; any scale does for them.
    spread = float(kept.std()) or 1.0
    return float(middle), spread, (float(kept.min()) - float(middle)) / spread - LEAST
