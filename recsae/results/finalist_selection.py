"""Which trials become finalists, and which of them wins: pure functions of frames, by dev alone.

Trials that differ in nothing but the seed are one contender, with the mean of their values: a
setting that was run again is not chosen for the luckier of its runs.

Shapes: N contenders, M objectives.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from recsae.results.columns import DEV, EXPECTED, Columns, is_setting
from recsae.results.expected import expected_frame
from recsae.results.selection import by_objectives, eligible, leaking, non_dominated, within
from recsae.space import SEED

_LEAKS: Final = "leaks"
_FAILED: Final = "failed"
_NO_CONSTRAINTS: Final[Mapping[str, str]] = {}


def contenders(
    trials: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str] = _NO_CONSTRAINTS,
) -> pd.DataFrame:
    """Return a row a setting among the trials that may be best, best first by the first objective.

    It has the number of the first such trial, and the mean of each objective under its column.
    """
    able = trials[eligible(trials, objectives, constraints)]
    values = [DEV + name for name in objectives if DEV + name in able]
    settings = [str(name) for name in able if is_setting(str(name)) and name != SEED]
    means = {Columns.TRIAL_ID: "min", **dict.fromkeys(values, "mean")}
    # dropna=False: a setting that a variant does not have is null, and null is a value here.
    found = able.groupby(settings, dropna=False, sort=False).agg(means)
    return by_objectives(found, objectives).reset_index(drop=True)


def chosen(
    trials: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str],
    count: int,
    by_expected: bool = False,
) -> list[int]:
    """Return the numbers of the trials that become finalists, at most `count`, best first.

    One objective: the best settings, by what they are expected to score if `by_expected`.
    Several: the Pareto set, thinned if it is larger.
    """
    if by_expected and len(objectives) == 1:
        told = expected_frame(trials, objectives, eligible(trials, objectives, constraints))
        if len(told):
            trials = trials.assign(**{DEV + name: told[EXPECTED + name] for name in objectives})
    found = contenders(trials, objectives, constraints)
    if len(objectives) > 1 and len(found):
        values_NM = found[[DEV + name for name in objectives]].to_numpy(np.float64)
        front = np.flatnonzero(non_dominated(values_NM, list(objectives.values())))
        found = found.iloc[front[thinned(values_NM[front], count)]]
    return [int(number) for number in found[Columns.TRIAL_ID].head(count)]


def thinned(front_NM: npt.ArrayLike, count: int) -> npt.NDArray[np.intp]:
    """Return at most `count` places of a front, in order, that still show its whole extent.

    What has the smallest crowding distance (Deb et al. 2002, section III-B) goes first, one at a
    time. The ends of each objective stay as long as there is room for them; then the first rows.
    """
    values_NM = np.asarray(front_NM, dtype=np.float64)
    left = np.arange(len(values_NM))
    while len(left) > max(0, count):
        distances = crowding(values_NM[left])
        crowded = np.flatnonzero(distances == distances.min())
        # Of equals the last goes: rows come best first by the first objective.
        left = np.delete(left, crowded[-1])
    return left


def crowding(values_NM: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the crowding distance of each row: the sum over objectives of how far apart its
    neighbours are, in units of the objective's range; infinite at an end."""
    distances = np.zeros(len(values_NM))
    for column in values_NM.T:
        order = np.argsort(column, kind="stable")
        ascending = column[order]
        span = ascending[-1] - ascending[0]
        # An objective that is the same for all says nothing of who is crowded.
        if span > 0:
            distances[order[1:-1]] += (ascending[2:] - ascending[:-2]) / span
            distances[order[[0, -1]]] = np.inf
    return distances


def winners(
    finalists: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str] = _NO_CONSTRAINTS,
) -> list[int]:
    """Return the finalist with the best mean of its fresh dev values; several objectives: those
    that no other dominates, best first by the first.

    Test plays no part. A finalist that leaks with any seed, or whose mean breaks a constraint, is
    out; one that failed with a seed wins only if all did.
    """
    if finalists.empty or not {DEV + name for name in objectives} <= set(finalists):
        return []
    means = _means(finalists, objectives, constraints)
    columns = [DEV + name for name in objectives]
    finite = np.isfinite(means[columns].to_numpy(np.float64)).all(axis=1)
    means = means[~means[_LEAKS] & within(means, constraints) & finite]
    # A diverging seed says that the setting is fragile, unless nothing better is left.
    if not means[_FAILED].all():
        means = means[~means[_FAILED]]
    means = by_objectives(means, objectives)
    best = non_dominated(means[columns].to_numpy(np.float64), list(objectives.values()))
    numbers = [int(number) for number in means.loc[best, Columns.TRIAL_ID]]
    return numbers[:1] if len(objectives) == 1 else numbers


def _means(
    finalists: pd.DataFrame, objectives: Mapping[str, str], constraints: Mapping[str, str]
) -> pd.DataFrame:
    """Return a row a finalist: means of its fresh values, and whether any seed leaks or failed."""
    names = [DEV + name for name in dict.fromkeys([*objectives, *constraints])]
    failed = finalists[Columns.ERROR].notna()
    marked = finalists.assign(**{_LEAKS: leaking(finalists), _FAILED: failed})
    rules = {**{name: "mean" for name in names if name in finalists}, _LEAKS: "any", _FAILED: "any"}
    return marked.groupby(Columns.TRIAL_ID, as_index=False).agg(rules)


def optimism(
    scores: list[dict[str, Any]], objectives: Mapping[str, str]
) -> dict[str, float | None]:
    """Return the optimism of the search, an objective each: how much better finalists looked in it.

    The mean over finalists of "flattered" (see `finalist_scores`): the winner's curse, more is
    worse. None where no finalist has both values.
    """
    found: dict[str, float | None] = {}
    for name in objectives:
        known = [one["metrics"][name]["flattered"] for one in scores]
        known = [value for value in known if value is not None]
        found[name] = sum(known) / len(known) if known else None
    return found
