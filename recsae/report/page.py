"""One self-contained HTML page of a run: opens on a laptop without network, torch or ray."""

from pathlib import Path
from typing import Any

import yaml

from recsae.files import write_whole
from recsae.report import formats
from recsae.report.finalists import HELP
from recsae.report.glossary import explained
from recsae.report.pages import templates
from recsae.report.pages.answer import answer
from recsae.report.plots.all_plots import FIRST, plots
from recsae.report.plots.style import script_json
from recsae.report.summary import concept_lines, expected_lines
from recsae.report.trial_list import fixed_settings, trial_table
from recsae.results import (
    Columns,
    Files,
    Results,
    expected_best,
    leaking,
    load_results,
    metrics_of,
    records,
    run_seconds,
    settings_of,
    state_counts,
)


def write_report(run_path: Path) -> Path:
    """Write report.html into a run's folder, whole, and return its path."""
    path = run_path / Files.REPORT
    write_whole(path, render(load_results(run_path)))
    return path


def render(results: Results) -> str:
    """Return the page; every text from the run is escaped."""
    return templates.render("run.html.j2", **_context(results))


def _context(results: Results) -> dict[str, Any]:
    search, texts = results.search, dict[str, int]()
    drawn = plots(results, texts)
    return {
        "run": results.path.resolve().name,
        "search": search,
        "counts": state_counts(results.trials),
        "duration": formats.duration(run_seconds(results)),
        "objectives": results.objectives,
        "constraints": results.constraints,
        "compared": list(dict.fromkeys([*results.objectives, "ndcg@10"])),
        "answer": answer(results),
        "best": [_best(results, row) for row in records(results.best)],
        "concepts": _concepts(results),
        "expected": [line.strip() for line in expected_lines(expected_best(results))],
        "first": [plot for plot in drawn if plot["id"] in FIRST],
        "why": [plot for plot in drawn if plot["id"] not in FIRST],
        "texts": script_json(list(texts)),
        "finalists": results.finalist_scores,
        "finalists_help": HELP,
        "groups": _groups(results),
        "table": (table := trial_table(results)),
        "glossary": explained(table["metrics"]),
        "fixed": fixed_settings(results),
        "errors": results.errors,
        "space": yaml.safe_dump(search["space"], sort_keys=False, allow_unicode=True),
        "leaks": int(leaking(results.trials).sum()),
    }


def _best(results: Results, row: dict[str, Any]) -> dict[str, Any]:
    settings, metrics = settings_of(row), metrics_of(row)
    base, own = results.base_metrics.get("ndcg@10"), metrics.get("ndcg@10")
    width, k = results.width, settings.get("sae_k")
    return {
        "trial_id": row[Columns.TRIAL_ID],
        "model": settings.pop(Columns.MODEL_NAME, None),
        "settings": settings,
        "metrics": metrics,
        "test": results.test_metrics(row[Columns.TRIAL_ID]),
        "share": own / base if own is not None and base else metrics.get("share"),
        "k_over_d": k / width if k and width else None,
    }


def _concepts(results: Results) -> list[str]:
    """Return how best trials' scores of concepts that the search asks for stand beside controls."""
    lines = []
    for row in records(results.best):
        known = results.scores(row[Columns.TRIAL_ID]).get("concepts") or {}
        asked = {k: v for k, v in known.items() if k in (*results.objectives, *results.constraints)}
        lines += [f"trial {row[Columns.TRIAL_ID]}: {line}" for line in concept_lines(asked)]
    return lines


def _groups(results: Results) -> dict[str, Any]:
    """Return how the first of the best trials does on test in each group that has users."""
    for row in records(results.best.head(1)):
        groups = results.scores(row[Columns.TRIAL_ID]).get("groups", {}).get("test", {})
        return formats.shown_groups(groups)
    return {}
