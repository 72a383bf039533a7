"""What the page lists in text: the table of trials, the settings they share, the errors."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from recsae.metrics.bounds import Bound, number
from recsae.metrics.registry import listed_metrics
from recsae.report import formats
from recsae.results import (
    DEV,
    Columns,
    Results,
    States,
    records,
    setting_names,
)

MOST_ROWS: Final = 1000
"""A page with more is slow, and results.parquet has them all."""

_ENDS: Final = (Columns.EPOCHS, Columns.SECONDS, Columns.NODE, Columns.ERROR)
_K, _K_OVER_D = "sae_k", "k/d"
_BEST, _BREAKS, _LEAKS = "★", "×", "!"
_LONG: Final = 36
"""Characters that a cell shows; a longer text is told in full under the pointer."""


def trial_table(results: Results) -> dict[str, Any]:
    """Return the heads and the rows of the table of trials, best first, and what filters offer."""
    trials = _with_k_over_d(results)
    names = _columns(results, trials)
    best = set(results.best[Columns.TRIAL_ID])
    listed = records(trials.loc[results.ranked.index].head(MOST_ROWS))
    rows = [
        table_row(row, names, results.constraints, row[Columns.TRIAL_ID] in best) for row in listed
    ]
    return {
        "heads": [("mark", False), *((head(name), is_number(trials[name])) for name in names)],
        "named": 1,
        "metrics": [name.removeprefix(DEV) for name in names if name.startswith(DEV)],
        "rows": rows,
        "left_out": len(trials) - len(rows),
        **filters(trials),
    }


def filters(trials: pd.DataFrame) -> dict[str, list[str]]:
    """Return what the filters over a table of trials offer."""
    kinds = {"states": Columns.STATE, "models": Columns.MODEL_NAME, "runs": Columns.RUN}
    return {
        kind: sorted(trials[column].dropna().unique()) if column in trials else []
        for kind, column in kinds.items()
    }


def table_row(
    row: dict[str, Any], names: Sequence[str], constraints: Mapping[str, str], best: bool
) -> dict[str, Any]:
    """Return a row of the table: its mark, then a cell for each of `names`."""
    leaks, breaks = row.get(Columns.LEAK) is True, _broken(row, constraints)
    mark = _BEST if best else _LEAKS if leaks else _BREAKS if breaks else ""
    first = {"text": mark, "sort": None}
    return {
        "best": best,
        "state": row[Columns.STATE],
        "leaks": leaks,
        "cells": [first, *(_cell(row, name, constraints) for name in names)],
    }


def head(column: str) -> str:
    """Return what stands over a column: of a metric its split too."""
    return f"dev {column.removeprefix(DEV)}" if column.startswith(DEV) else column


def fixed_settings(results: Results) -> dict[str, Any]:
    """Return the settings that have the same value in every trial."""
    trials = results.trials
    names = [n for n in setting_names(trials) if trials[n].notna().all()]
    return {name: trials[name].iloc[0] for name in names if trials[name].nunique() == 1}


def _columns(results: Results, trials: pd.DataFrame) -> list[str]:
    """Return what the table shows: what it is, its settings, how good it is, how it ended."""
    fixed = fixed_settings(results)
    varied = [n for n in setting_names(trials) if n not in fixed and n != Columns.MODEL_NAME]
    if _K in varied:
        varied.insert(varied.index(_K) + 1, _K_OVER_D)
    names = dict.fromkeys([*results.objectives, *results.constraints, *listed_metrics()])
    metrics = [DEV + name for name in names]
    heads = [Columns.TRIAL_ID, Columns.RUN, Columns.STATE, Columns.MODEL_NAME]
    wanted = [*heads, *varied, *metrics, *_ENDS]
    return [name for name in wanted if name in trials and trials[name].notna().any()]


def _with_k_over_d(results: Results) -> pd.DataFrame:
    if not results.width or _K not in results.trials:
        return results.trials
    return results.trials.assign(**{_K_OVER_D: results.trials[_K] / results.width})


def _cell(row: dict[str, Any], name: str, constraints: Mapping[str, str]) -> dict[str, Any]:
    """Return the text of a cell, what it is sorted by if not its text, and a long text in full."""
    item = row[name]
    text = formats.value(name, item)
    sort = None if text in (formats.NOTHING, str(item)) else item
    if name == Columns.STATE:
        leaks = ["leaks"] if row.get(Columns.LEAK) is True else []
        text = ", ".join([text, *leaks, *_broken(row, constraints)])
    return {"text": text, "sort": sort, "title": text if len(text) > _LONG else None}


def _broken(row: dict[str, Any], constraints: Mapping[str, str]) -> list[str]:
    """Return which constraints a complete trial breaks, in words."""
    if row[Columns.STATE] != States.COMPLETE:
        return []
    known = {name: number(row.get(DEV + name)) for name in constraints}
    return [
        f"not {name} {written}"
        for name, written in constraints.items()
        if (value := known[name]) is None or Bound.of(written).broken_by(value) > 0
    ]


def is_number(column: "pd.Series[Any]") -> bool:
    """Return True for a column that is sorted by size."""
    return bool(pd.api.types.is_numeric_dtype(column)) and not pd.api.types.is_bool_dtype(column)
