"""Scores of finalists in the search beside those of fresh trainings: pure functions of frames.

The best of many noisy scores is too good: it was chosen for its luck too. A finalist is trained
anew with other seeds, and its score in the search stands beside the mean of those.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pandas as pd
from scipy.special import stdtrit

from recsae.results.columns import DEV, TEST, Columns
from recsae.results.finalist_selection import contenders, winners
from recsae.results.selection import MIN

LEVEL: Final = 0.95
_NO_CONSTRAINTS: Final[Mapping[str, str]] = {}


class Spread(NamedTuple):
    """A mean over seeds and its Student interval; without one from a single seed."""

    mean: float | None
    low: float | None
    high: float | None


def spread(values: "pd.Series[float]") -> Spread:
    """Return mean and interval of the values that are known."""
    known = values.dropna()
    if known.empty:
        return Spread(None, None, None)
    mean = float(known.mean())
    if len(known) == 1:
        return Spread(mean, None, None)
    quantile = float(stdtrit(len(known) - 1, (1 + LEVEL) / 2))
    half = quantile * float(known.std(ddof=1)) / math.sqrt(len(known))
    return Spread(mean, mean - half, mean + half)


def finalist_scores(
    trials: pd.DataFrame,
    finalists: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str] = _NO_CONSTRAINTS,
) -> list[dict[str, Any]]:
    """Return the scores of each finalist, best first by its fresh mean, as JSON has them.

    Of each objective: "searched" (dev in the search, by which it was chosen), "dev" and "test"
    (fresh, a `Spread` each), and "flattered", by how much the search made it look better than it
    is. "wins": see `finalist_selection.winners`.
    """
    won = winners(finalists, objectives, constraints)
    means = contenders(trials, objectives, constraints)
    found = []
    for trial_id, rows in finalists.groupby(Columns.TRIAL_ID):
        own = trials[trials[Columns.TRIAL_ID] == trial_id]
        chosen_by = means[means[Columns.TRIAL_ID] == trial_id]
        searched = own if chosen_by.empty else chosen_by
        metrics = {name: _scores_of(searched, rows, name, way) for name, way in objectives.items()}
        failed = int(rows[Columns.ERROR].notna().sum())
        model = None if own.empty else own[Columns.MODEL_NAME].iloc[0]
        found.append(
            {
                Columns.TRIAL_ID: int(str(trial_id)),
                Columns.MODEL_NAME: model,
                "seeds": len(rows) - failed,
                "failed": failed,
                "wins": trial_id in won,
                "metrics": metrics,
            }
        )
    first, way = next(iter(objectives.items()))
    return sorted(found, key=lambda one: _worth(one["metrics"][first]["dev"]["mean"], way))


def _scores_of(own: pd.DataFrame, rows: pd.DataFrame, name: str, way: str) -> dict[str, Any]:
    searched = own[DEV + name].iloc[0] if DEV + name in own and len(own) else None
    searched = None if pd.isna(searched) else float(searched)
    fresh = {
        split: spread(rows[prefix + name] if prefix + name in rows else pd.Series(dtype="float64"))
        for split, prefix in (("dev", DEV), ("test", TEST))
    }
    mean = fresh["dev"].mean
    flattered = None if searched is None or mean is None else searched - mean
    if flattered is not None and way == MIN:
        flattered = -flattered
    splits = {split: one._asdict() for split, one in fresh.items()}
    return {"searched": searched, **splits, "flattered": flattered}


def _worth(mean: float | None, way: str) -> float:
    if mean is None:
        return math.inf
    return mean if way == MIN else -mean
