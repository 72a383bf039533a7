"""When trials ended, on an axis that suits the length of the run."""

from typing import Final

import pandas as pd

from recsae.results import Columns

TIME: Final = "ended after"


def with_elapsed_time(trials: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the ended trials in the order of their ends, with a column TIME, and its unit.

    Runs that were merged follow one another, as if each had begun when the one before was over.
    """
    ended = trials.dropna(subset=[Columns.ENDED])
    seconds = _seconds(trials).loc[ended.index]
    longest = 0.0 if ended.empty else seconds.max()
    unit, length = ("seconds", 1) if longest < 180 else ("minutes", 60)
    unit, length = ("hours", 3600) if longest > 3 * 3600 else (unit, length)
    return ended.assign(**{TIME: seconds / length}).sort_values([TIME, Columns.TRIAL_ID]), unit


def _seconds(trials: pd.DataFrame) -> "pd.Series[float]":
    """Return of each trial how long after the start of everything it ended."""
    if Columns.RUN not in trials:
        return _since_start(trials)
    parts, begun = [], 0.0
    for _, part in trials.groupby(Columns.RUN, sort=False):
        seconds = _since_start(part) + begun
        parts.append(seconds)
        begun = begun if seconds.isna().all() else float(seconds.max())
    return pd.concat(parts) if parts else pd.Series(dtype="float64")


def _since_start(trials: pd.DataFrame) -> "pd.Series[float]":
    start = trials[Columns.STARTED].min()
    start = trials[Columns.ENDED].min() if pd.isna(start) else start
    lasted: pd.Series[float] = (trials[Columns.ENDED] - start).dt.total_seconds()
    return lasted
