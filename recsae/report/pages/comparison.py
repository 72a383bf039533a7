"""One page of several runs: their answers beside each other, in what they differ, all trials."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from recsae.files import write_whole
from recsae.report import formats
from recsae.report.answers.verdict import verdict
from recsae.report.pages.templates import render
from recsae.report.plots.run_comparison import bests_by_epochs, tradeoffs
from recsae.report.plots.style import script_json, section
from recsae.report.trial_list import (
    MOST_ROWS,
    filters,
    head,
    is_number,
    table_row,
)
from recsae.results import (
    DEV,
    Columns,
    Results,
    States,
    records,
    run_seconds,
    setting_names,
)
from recsae.results.comparison import differences_of

_SAME: Final = ("data", "base")
"""Sections in which runs must be alike for their scores to be compared."""
_HELPS: Final = {
    "tradeoff": (
        "What k buys",
        "Trials that may be best, on dev; a line is the best up to each k.",
    ),
    "history": ("How soon how good", "The best so far, on dev, by what it cost."),
}


def write_comparison(runs: Sequence[Results], path: Path) -> None:
    """Write the page, whole."""
    write_whole(path, comparison(named(runs)))


def comparison(runs: Mapping[str, Results]) -> str:
    """Return the page of runs by their names; every text is escaped."""
    texts: dict[str, int] = {}
    differences = differences_of(list(runs.values()))
    drawn = [section(key, *_HELPS[key], figure, texts) for key, figure in figures(runs).items()]
    return render(
        "comparison.html.j2",
        runs=[_run(name, results) for name, results in runs.items()],
        unlike=[name for name in _SAME if differences[name]],
        objectives=_objectives(runs),
        differences={key: _texts(rows) for key, rows in differences.items() if rows},
        plots=drawn,
        table=_table(runs),
        texts=script_json(list(texts)),
    )


def named(runs: Sequence[Results]) -> dict[str, Results]:
    """Return runs by name; those of one name in several places by their paths."""
    names = [results.path.resolve().name for results in runs]
    return {
        name if names.count(name) == 1 else str(results.path): results
        for name, results in zip(names, runs, strict=True)
    }


def figures(runs: Mapping[str, Results]) -> dict[str, go.Figure]:
    """Return the figures of the first objective that all runs have; {} where there is none."""
    shared = _objectives(runs)
    if not shared:
        return {}
    name, way = next(iter(shared.items()))
    drawn = {"tradeoff": tradeoffs(runs, name, way), "history": bests_by_epochs(runs, name, way)}
    return {key: figure for key, figure in drawn.items() if figure is not None}


def _objectives(runs: Mapping[str, Results]) -> dict[str, str]:
    """Return the objectives that all runs have."""
    first, *others = [results.objectives for results in runs.values()]
    return {k: way for k, way in first.items() if all(one.get(k) == way for one in others)}


def _run(name: str, results: Results) -> dict[str, Any]:
    told = verdict(results)
    facts = {
        "name": name,
        "dataset": results.search.get("dataset") or formats.NOTHING,
        "trials": len(results.trials),
        "complete": int((results.trials[Columns.STATE] == States.COMPLETE).sum()),
        "epochs": int(results.trials[Columns.EPOCHS].sum()),
        "time": formats.duration(run_seconds(results)),
        "best": formats.NOTHING,
        "k": formats.NOTHING,
    }
    if not told:
        return facts
    (row,) = records(results.trials[results.trials[Columns.TRIAL_ID] == told[Columns.TRIAL_ID]])
    simpler = told["simpler"][:1]
    return facts | {
        "best": f"{told[Columns.TRIAL_ID]}, {told[Columns.MODEL_NAME]}",
        "k": formats.value("sae_k", row.get("sae_k")),
        "scores": {n: formats.value(n, value) for n, value in told["objectives"].items()},
        "keeps": {split: _kept(kept) for split, kept in told["keeps"].items()},
        "simpler": [f"{one[Columns.TRIAL_ID]}, k {one[Columns.K]}" for one in simpler],
    }


def _kept(kept: Mapping[str, float]) -> str:
    ends = [formats.share(kept[end]) for end in ("low", "high") if end in kept]
    interval = f" [{', '.join(ends)}]" if ends else ""
    return f"{formats.share(kept['share'])}{interval}"


def _texts(rows: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
    return {
        key: [formats.NOTHING if value is None else str(value) for value in values]
        for key, values in rows.items()
    }


def _table(runs: Mapping[str, Results]) -> dict[str, Any]:
    """Return all trials, run after run, each best first, as the page of a run has them."""
    share = max(1, MOST_ROWS // len(runs))
    parts = {name: results.ranked.head(share) for name, results in runs.items()}
    together = pd.concat([part.assign(**{Columns.RUN: n}) for n, part in parts.items()])
    objectives = dict.fromkeys(name for results in runs.values() for name in results.objectives)
    metrics = [DEV + name for name in dict.fromkeys([*objectives, "share", "fvu", "l0", "dead"])]
    heads = [Columns.RUN, Columns.TRIAL_ID, Columns.STATE]
    wanted = [*heads, *setting_names(together), *metrics, Columns.EPOCHS, Columns.SECONDS]
    names = [name for name in wanted if name in together and together[name].notna().any()]
    rows = []
    for run, results in runs.items():
        best = set(results.best[Columns.TRIAL_ID])
        own = together[together[Columns.RUN] == run]
        rows += [
            table_row(row, names, results.constraints, row[Columns.TRIAL_ID] in best)
            for row in records(own)
        ]
    return {
        "heads": [("mark", False), *((head(name), is_number(together[name])) for name in names)],
        "named": 2,
        "rows": rows,
        "left_out": sum(len(results.trials) for results in runs.values()) - len(rows),
        **filters(together),
    }
