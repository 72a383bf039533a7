"""All figures of the page as plain values: what `--json` prints and results/summary.json holds."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.search_quality.answers import World, world
from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.orders import outcomes
from benchmarks.search_quality.plan import METHODS, RIVALS, TRAININGS, Contest
from benchmarks.search_quality.recorded import load
from benchmarks.search_quality.report.errors import errors, likeness
from benchmarks.search_quality.report.outcome import Outcome
from benchmarks.search_quality.tables import SEEDS, TABLES

SCALE = 1e4
"""NDCG@10 is told in units of 1e-4."""


def findings(frame: pd.DataFrame, facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what the runs say, contest by contest; `facts`: those of each table."""
    budgets = {name: tuple(own["budgets"]) for name, own in facts.items()}
    found: dict[str, Any] = {"tables": facts}
    for contest in METHODS:
        rows = frame[frame["contest"] == contest]
        if len(rows):
            outcome = Outcome.of(rows, budgets)
            scale = SCALE if contest == "one" else 100.0
            found[contest] = _contest(contest, outcome, rows, scale)
    return found


def orders_found(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what the orders of the recorded settings say, table by table and over all."""
    tables = {str(name): load(TABLES[str(name)]) for name in frame["table"].unique()}
    return outcomes(frame, tables, SCALE)


def without_curves(found: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of one contest without its curves over time."""
    return {name: value for name, value in found.items() if name != "curves"}


def _contest(
    contest: Contest, outcome: Outcome, rows: pd.DataFrame, scale: float
) -> dict[str, Any]:
    planned = [method for method in METHODS[contest] if method.name in outcome.methods]
    methods = [method.name for method in planned]
    ranks = outcome.ranks(methods)
    spent = rows.drop_duplicates(["table", "method", "seed"]).groupby("method")
    found: dict[str, Any] = {
        "seeds": int(rows["seed"].nunique()),
        "methods": {
            method: {
                "missed": {
                    table: [
                        _scaled(outcome.mean(table, method, b), scale) for b in _budgets(outcome)
                    ]
                    for table in outcome.tables
                },
                "rank": list(ranks[method]),
                "thinking_seconds": float(spent["thinking"].mean()[method]),
                "trials": float(spent["trials"].mean()[method]),
                "complete": float(spent["complete"].mean()[method]),
            }
            for method in methods
        },
        "curves": _curves(outcome, methods, scale),
    }
    found["against"] = {
        rival: {
            method.name: _against(outcome, method.name, rival, scale)
            for method in planned
            if method.longer and method.name != rival
        }
        for rival in RIVALS
        if rival in methods
    }
    return found


def _budgets(outcome: Outcome) -> range:
    return range(len(TRAININGS))


def _against(outcome: Outcome, method: str, rival: str, scale: float) -> dict[str, Any]:
    """Return one method against a rival: the share of its time, and what was missed more."""
    ratio = outcome.time_ratio(method, rival)
    return {
        "time_ratio": list(ratio.overall),
        "missed_more": _scaled(outcome.mean_gap(method, rival), scale),
        "each": {
            f"{table} x{TRAININGS[budget]}": {
                "time_ratio": list(interval),
                "missed_more": _scaled(outcome.gap(table, method, rival, budget), scale),
            }
            for (table, budget), interval in ratio.each.items()
        },
    }


def _curves(outcome: Outcome, methods: list[str], scale: float) -> dict[str, Any]:
    """Return mean curves, and their mean over log time up to the larger budget."""
    return {
        table: {
            method: {
                **_curve(outcome.moments[table], outcome.missed[table, method], scale),
                "area": outcome.area(table, method) * scale,
            }
            for method in methods
            if outcome.missed[table, method].shape[1] > len(TRAININGS)
        }
        for table in outcome.tables
    }


def _curve(moments: Array, missed: Array, scale: float) -> dict[str, list[float]]:
    mean = missed.mean(0) * scale
    known = np.isfinite(mean)
    return {"at": moments[known].round(2).tolist(), "missed": mean[known].round(2).tolist()}


def _scaled(interval: tuple[float, ...], scale: float) -> list[float]:
    return [value * scale for value in interval]


def table_facts(table: str) -> dict[str, Any]:
    """Return what the reader must know of a table before its results."""
    return facts_of(world(table))


def facts_of(world: World) -> dict[str, Any]:
    """Return them of a table that need not be recorded."""
    recorded, final = world.recorded, world.recorded.final
    return {
        "settings": len(recorded.settings),
        "fresh": int((recorded.counts > len(SEEDS)).sum()),
        "seeds": len(recorded.seeds),
        "budgets": list(world.budgets),
        "seed_noise": recorded.noise * SCALE,
        "best": float(world.dense_ndcg.max()),
        "recorded": [float(np.nanquantile(final, share)) for share in (0, 0.5, 1)],
        "errors": errors(recorded).to_dict("records"),
        "likeness": likeness(world.surrogate),
    }
