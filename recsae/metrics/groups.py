"""Groups of users that an average hides, and what a model scores in each. R rows (users), G groups.

Sparse users have at most 5 events before the target; cold items are targets with 1 to 4 events in
training, new ones have none. "met" are the targets that their user had met before, which are ranked
among all items; "new" are the others. Quartiles are of both counts; equal counts stay in one
quartile, so they differ in size, and one may be empty.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recsae.metrics.intervals import Interval, intervals

SPARSE_EVENTS = 5
COLD_EVENTS = 5
LEAST_USERS = 200
"""A group of fewer gets no verdict."""

Ints = npt.NDArray[np.integer[Any]]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def user_groups(history_R: Ints, popularity_R: Ints, met_R: Mask) -> dict[str, Mask]:
    """Return who is in each group, bool [R], "all" first.

    history: events before a row's target; popularity: training events of the target; met: whether
    the target is among the events before it.
    """
    return {
        "all": np.ones(len(history_R), bool),
        "sparse_users": history_R <= SPARSE_EVENTS,
        "cold_items": (popularity_R > 0) & (popularity_R < COLD_EVENTS),
        "new_items": popularity_R == 0,
        **_quartiles("history", history_R),
        **_quartiles("popularity", popularity_R),
        "met": met_R,
        "new": ~met_R,
    }


def _quartiles(name: str, counts_R: Ints) -> dict[str, Mask]:
    edges = np.quantile(counts_R, [0.25, 0.5, 0.75])
    quarter_R = np.searchsorted(edges, counts_R, side="left")
    return {f"{name}_q{quarter + 1}": quarter_R == quarter for quarter in range(4)}


def group_scores(groups: Mapping[str, Mask], measures: Mapping[str, Floats]) -> dict[str, Any]:
    """Return n and the mean of each measure, a group; None where nobody is in it."""
    return {
        name: {"n": int(mask_R.sum()), **{key: _mean(v[mask_R]) for key, v in measures.items()}}
        for name, mask_R in groups.items()
    }


def group_differences(
    groups: Mapping[str, Mask],
    ours: Mapping[str, Floats],
    base: Mapping[str, Floats],
    lower_is_better: Sequence[str] = (),
) -> dict[str, dict[str, Any]]:
    """Return, a group and measure, ours - base with its interval, and in words what that shows."""
    names = list(ours)
    found = intervals(
        np.column_stack([ours[name] - base[name] for name in names]), np.stack([*groups.values()])
    )
    return {
        group: {
            name: described(interval, int(mask_R.sum()), name in lower_is_better)
            for name, interval in zip(names, row, strict=True)
        }
        for (group, mask_R), row in zip(groups.items(), found, strict=True)
    }


def described(interval: Interval, n: int, lower_is_better: bool = False) -> dict[str, Any]:
    """Return mean, low, high and `verdict`: better, worse or unclear; None for too few users."""
    known: dict[str, Any] = interval._asdict() if n else dict.fromkeys(Interval._fields)
    return {**known, "verdict": _verdict(interval, n, lower_is_better)}


def _verdict(interval: Interval, n: int, lower_is_better: bool) -> str | None:
    if n < LEAST_USERS:
        return None
    if interval.low <= 0 <= interval.high:
        return "unclear"
    return "better" if (interval.mean > 0) != lower_is_better else "worse"


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None
