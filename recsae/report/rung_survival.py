"""How many trials came how far: the rungs of a search. A pure function of a frame."""

from typing import Final

import pandas as pd

from recsae.results.columns import Columns, States

REACHED: Final = "reached"
WENT_ON: Final = "went_on"
MOST_RUNGS: Final = 24
"""More are thinned to those where the most trials ended."""


def rung_survival(trials: pd.DataFrame) -> pd.DataFrame:
    """Return a row a rung: its epoch, how many trials reached it, went on, or ended there.

    A rung is a number of epochs after which some trial was stopped or paused; before the first
    stands 0 (all that started), after the last the longest trial. A column for each state counts
    the trials whose last report is of this rung, so that with those that went on they are all that
    reached it. No rows where nothing was stopped or paused.
    """
    epochs, states = trials[Columns.EPOCHS], trials[Columns.STATE]
    stopped = epochs[states.isin([States.PRUNED, States.PAUSED])]
    names = [Columns.EPOCH, REACHED, WENT_ON, *States]
    if stopped.empty:
        return pd.DataFrame(columns=names, dtype="int64")
    commonest = stopped.value_counts().head(MOST_RUNGS).index
    rungs = sorted({0, int(epochs.max()), *(int(epoch) for epoch in commonest)})
    rows = [
        {
            Columns.EPOCH: rung,
            REACHED: int((epochs >= rung).sum()),
            WENT_ON: int((epochs > rung).sum()),
            **{state: int(((epochs == rung) & (states == state)).sum()) for state in States},
        }
        for rung in rungs
    ]
    return pd.DataFrame(rows, columns=names)
