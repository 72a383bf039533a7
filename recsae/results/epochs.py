"""After which epoch a trial was best: what is kept of it is the model of its last one."""

from typing import Any

import pandas as pd

from recsae.results.columns import DEV, Columns
from recsae.results.run import Results, records
from recsae.results.selection import MAX

BEST_EPOCH = "best_epoch"


def best_epochs(results: Results) -> "pd.Series[Any]":
    """Return by trial the epoch after which the first objective was best on dev; the first of ties.

    Trials that have reported nothing of it are left out.
    """
    name, way = next(iter(results.objectives.items()))
    column, curves = DEV + name, results.curves
    if column not in curves:
        return pd.Series(dtype="int64", name=BEST_EPOCH)
    known = curves.dropna(subset=[column]).sort_values(
        [column, Columns.EPOCH], ascending=[way != MAX, True], kind="stable"
    )
    first = known.drop_duplicates(Columns.TRIAL_ID).set_index(Columns.TRIAL_ID)
    return first[Columns.EPOCH].rename(BEST_EPOCH).sort_index()


def best_epoch(results: Results, trial_id: int) -> dict[str, Any]:
    """Return the epochs that a trial has trained, after which it was best, and what it had then."""
    epochs = best_epochs(results)
    if trial_id not in epochs.index:
        return {}
    name, best = next(iter(results.objectives)), int(epochs[trial_id])
    rows = records(results.curves[results.curves[Columns.TRIAL_ID] == trial_id])
    then = next(row[DEV + name] for row in rows if row[Columns.EPOCH] == best)
    last = max(int(row[Columns.EPOCH]) for row in rows)
    return {"last": last, BEST_EPOCH: best, name: float(then)}
