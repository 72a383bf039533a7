"""What the page lists in text: the table of trials, the settings they share, the errors."""

from collections.abc import Mapping
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


def trial_table(results: Results) -> dict[str, Any]:
    """Return the heads and the rows of the table of trials, best first."""
    trials = _with_k_over_d(results)
    names = _columns(results, trials)
    best = set(results.best[Columns.TRIAL_ID])
    rows = [
        {
            "best": row[Columns.TRIAL_ID] in best,
            "state": row[Columns.STATE],
            "leaks": row.get(Columns.LEAK) is True,
            "cells": [_cell(row, name, results.constraints) for name in names],
        }
        for row in records(trials.loc[results.ranked.index].head(MOST_ROWS))
    ]
    heads = [(name.removeprefix(DEV), _is_number(trials[name])) for name in names]
    return {"heads": heads, "rows": rows, "left_out": len(trials) - len(rows)}


def fixed_settings(results: Results) -> dict[str, Any]:
    """Return the settings that have the same value in every trial."""
    trials = results.trials
    names = [n for n in setting_names(trials) if trials[n].notna().all()]
    return {name: trials[name].iloc[0] for name in names if trials[name].nunique() == 1}


def _columns(results: Results, trials: pd.DataFrame) -> list[str]:
    """Return what the table shows: what it is, how good it is, its settings, how it ended."""
    fixed = fixed_settings(results)
    varied = [n for n in setting_names(trials) if n not in fixed and n != Columns.MODEL_NAME]
    if _K in varied:
        varied.insert(varied.index(_K) + 1, _K_OVER_D)
    names = dict.fromkeys([*results.objectives, *results.constraints, *listed_metrics()])
    metrics = [DEV + name for name in names]
    heads = [Columns.TRIAL_ID, Columns.RUN, Columns.STATE, Columns.MODEL_NAME]
    wanted = [*heads, *metrics, *varied, *_ENDS]
    return [name for name in wanted if name in trials and trials[name].notna().any()]


def _with_k_over_d(results: Results) -> pd.DataFrame:
    if not results.width or _K not in results.trials:
        return results.trials
    return results.trials.assign(**{_K_OVER_D: results.trials[_K] / results.width})


def _cell(row: dict[str, Any], name: str, constraints: Mapping[str, str]) -> dict[str, Any]:
    """Return the text of a cell and what it is sorted by (None: last)."""
    item = row[name]
    text = formats.value(name, item)
    if name == Columns.STATE:
        text = ", ".join([text, *_remarks(row, constraints)])
    return {"text": text, "sort": None if text == formats.NOTHING else item}


def _remarks(row: dict[str, Any], constraints: Mapping[str, str]) -> list[str]:
    """Return why a complete trial cannot be best."""
    found = ["leaks"] if row.get(Columns.LEAK) is True else []
    if row[Columns.STATE] != States.COMPLETE:
        return found
    for name, written in constraints.items():
        known = number(row.get(DEV + name))
        if known is None or Bound.of(written).broken_by(known) > 0:
            found.append(f"not {name} {written}")
    return found


def _is_number(column: "pd.Series[Any]") -> bool:
    return bool(pd.api.types.is_numeric_dtype(column)) and not pd.api.types.is_bool_dtype(column)
