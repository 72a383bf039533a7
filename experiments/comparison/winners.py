"""One search, two budgets: the best trial of its first N trials, and of its first T seconds.

A search proposes and stops trials by what has ended or been reported before, and never looks at
how many trials or how much time are left. Run one trial at a time, its first N trials are therefore
trial for trial the search that ends after N; and what had ended T seconds after the first trial
began is what a search that stops then has found: trials that still run at that moment end as FAILED
there, so they do not count here either. (With several trials at once, a late neighbour that a
shorter search would not have started could move a rung's cut: so searches run beside each other,
and each runs one trial. Ray's start counts for nobody.)
"""

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from comparison.plan import Budget
from recsae.results import DEV, Columns, States, records, settings_of

OBJECTIVE = f"{DEV}ndcg@10"


@dataclass(frozen=True)
class Winner:
    """The best trial of a budget, by dev."""

    trial_id: int
    settings: dict[str, Any]
    dev: float
    leak: bool
    trials: int
    """Trials that the budget paid for."""
    complete: int
    """Those of them that reached their last epoch."""
    seconds: float
    """From the first trial's start to the end of the last of them."""

    def values(self) -> dict[str, Any]:
        """Return plain names and values."""
        return asdict(self)


def prefix(trials: pd.DataFrame, budget: Budget, size: float) -> pd.DataFrame:
    """Return the trials that a search of `size` trials or seconds would have ended."""
    if budget == "trials":
        paid = trials[Columns.TRIAL_ID] < size
        return trials[paid]
    limit = trials[Columns.STARTED].min() + pd.Timedelta(seconds=size)
    in_time: pd.Series[bool] = trials[Columns.ENDED] <= limit  # not so where it has not ended
    return trials[in_time]


def winner(trials: pd.DataFrame, budget: Budget, size: float, leaks: bool = False) -> Winner | None:
    """Return the best COMPLETE trial of a budget by dev, the first of equals; None if none is.

    A leaking trial cannot win unless `leaks` says that the contender is known to leak.
    """
    paid = prefix(trials, budget, size)
    able = paid[(paid[Columns.STATE] == States.COMPLETE) & paid[OBJECTIVE].notna()]
    leaking = able[Columns.LEAK].fillna(False).astype(bool)
    complete, able = len(able), able if leaks else able[~leaking]
    if able.empty:
        return None
    row = records(able.sort_values([OBJECTIVE, Columns.TRIAL_ID], ascending=[False, True]))[0]
    settings = settings_of(row)
    seconds = (paid[Columns.ENDED].max() - trials[Columns.STARTED].min()).total_seconds()
    return Winner(
        trial_id=int(row[Columns.TRIAL_ID]),
        settings={name: value for name, value in settings.items() if name != Columns.MODEL_NAME},
        dev=float(row[OBJECTIVE]),
        leak=bool(row[Columns.LEAK]),
        trials=len(paid),
        complete=complete,
        seconds=round(seconds, 3),
    )
