"""Which trials are best. Pure functions of a frame or an array, chosen by dev alone.

Shapes: N trials, M objectives.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from recsae.metrics.bounds import Bound
from recsae.results.columns import DEV, Columns, States

MAX: Final = "max"
MIN: Final = "min"
_NO_CONSTRAINTS: Final[Mapping[str, str]] = {}
_OWN_K: Final = "sae_k"


def points(trials: pd.DataFrame, ladders: pd.DataFrame | None) -> pd.DataFrame:
    """Return the trials with a column "k": once each at their sae_k, or once a k of their ladder.

    A point has the settings of its trial and the figures measured at its k; whether it leaks is
    known of the trial alone. Sorted by trial and k.
    """
    own = trials.assign(**{Columns.K: _own_k(trials)})
    if ladders is None or ladders.empty:
        return own
    measured = [str(name) for name in own if str(name).startswith(DEV) and name != Columns.LEAK]
    several = own[Columns.TRIAL_ID].isin(ladders[Columns.TRIAL_ID])
    at_each = ladders.drop(columns=Columns.LEAK, errors="ignore").merge(
        own[several].drop(columns=[*measured, Columns.K]), on=Columns.TRIAL_ID
    )
    both = [part for part in (own[~several], at_each.reindex(columns=own.columns)) if len(part)]
    if not both:
        return own
    found = pd.concat(both, ignore_index=True).astype({Columns.K: "Int64"})
    return found.sort_values([Columns.TRIAL_ID, Columns.K], ignore_index=True)


def _own_k(trials: pd.DataFrame) -> "pd.Series[int]":
    known = trials.get(_OWN_K, pd.Series(pd.NA, index=trials.index, dtype="Int64"))
    return known.astype("Int64")


def non_dominated(values_NM: npt.ArrayLike, directions: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which rows no other dominates; equal rows stay together, not finite ones never.

    A row dominates another when it is nowhere worse and somewhere better; directions: max or min.
    """
    signs_M = np.array([-1.0 if direction == MAX else 1.0 for direction in directions])
    costs_NM = np.asarray(values_NM, dtype=np.float64).reshape(-1, len(directions)) * signs_M
    best_N = np.array(np.isfinite(costs_NM).all(axis=1))
    for row in np.flatnonzero(best_N):
        if best_N[row]:  # what a dominated row dominates, its own master dominates too
            worse_N = (costs_NM >= costs_NM[row]).all(1) & (costs_NM > costs_NM[row]).any(1)
            best_N &= ~worse_N
    return best_N


def leaking(trials: pd.DataFrame) -> "pd.Series[bool]":
    """Return which trials the audit found leaking."""
    if Columns.LEAK not in trials:
        return pd.Series(False, index=trials.index)
    return trials[Columns.LEAK].fillna(False).astype(bool)


def within(trials: pd.DataFrame, constraints: Mapping[str, str]) -> "pd.Series[bool]":
    """Return which trials keep to every constraint; one that was not measured is not kept to.

    constraints: dev metric without prefix → "<= NUMBER" or ">= NUMBER", see `bounds`.
    """
    may = pd.Series(True, index=trials.index)
    for name, written in constraints.items():
        bound = Bound.of(written)
        if DEV + name not in trials:
            return may & False
        values = trials[DEV + name]
        # A comparison with NaN is False: what was not measured is not kept to.
        may &= values <= bound.limit if bound.at_most else values >= bound.limit
    return may


def eligible(
    trials: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str] = _NO_CONSTRAINTS,
    states: Sequence[States] = (States.COMPLETE,),
) -> "pd.Series[bool]":
    """Return which trials may be best: COMPLETE, no leak, no constraint broken, all finite."""
    may = trials[Columns.STATE].isin(states) & ~leaking(trials) & within(trials, constraints)
    for name in objectives:
        column = DEV + name
        may &= np.isfinite(trials[column]) if column in trials else False
    return may


def best_rows(
    trials: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str] = _NO_CONSTRAINTS,
) -> pd.DataFrame:
    """Return the best trials: for one objective the first with the best value, else the Pareto set.

    Ordered by the first objective, best first. objectives: dev metric without prefix → max or min.
    """
    able = trials[eligible(trials, objectives, constraints)]
    if able.empty:
        return able
    columns = [DEV + name for name in objectives]
    front = able[non_dominated(able[columns].to_numpy(), list(objectives.values()))]
    front = by_objectives(front, objectives)
    return front.head(1) if len(objectives) == 1 else front


def by_objectives(trials: pd.DataFrame, objectives: Mapping[str, str]) -> pd.DataFrame:
    """Return the trials, best first by the first objective, the others next, then by trial."""
    keys = [(DEV + name, way == MIN) for name, way in objectives.items() if DEV + name in trials]
    keys.append((Columns.TRIAL_ID, True))
    names, ascending = zip(*keys, strict=True)
    return trials.sort_values(list(names), ascending=list(ascending))


def ranked(
    trials: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str] = _NO_CONSTRAINTS,
) -> pd.DataFrame:
    """Return all trials as tables show them: complete, pruned, paused, running, failed.

    Of each state, those that break a constraint come later, those that leak last.
    """
    place: Any = trials[Columns.STATE].map(_SHOWN).astype("int64")
    # 0 kept, 1 breaks a constraint, 2 leaks; states are three places apart (_SHOWN).
    broken = ~within(trials, constraints)
    place += broken.astype("int64").where(~leaking(trials), 2)
    ordered = by_objectives(trials, objectives).assign(place=place)
    return ordered.sort_values("place", kind="stable").drop(columns="place")


_ORDER: Final = (States.COMPLETE, States.PRUNED, States.PAUSED, States.RUNNING, States.FAILED)
_SHOWN: Final = {state: 3 * place for place, state in enumerate(_ORDER)}
