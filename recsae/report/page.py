"""One self-contained HTML page of a run: opens on a laptop without network, torch or ray."""

import time
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from recsae.files import write_whole
from recsae.report import formats
from recsae.report.finalists import HELP, seeds_words
from recsae.report.glossary import explained
from recsae.report.plots.all_plots import plots
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
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("recsae.report", "."),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,  # search.yaml may lack anything beside the space
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Jinja hands the filtered value first; `formats` takes the column's name first.
    templates.filters["value"] = lambda item, name="": formats.value(name, item)
    templates.filters["share"] = formats.share
    templates.filters["spread"] = lambda scores, name: formats.spread(name, scores)
    templates.filters["signed"] = lambda number, name: formats.signed(name, number)
    templates.filters["seeds"] = seeds_words
    page = templates.get_template("page.html.j2")
    return page.render(**_context(results), plotly=Markup(get_plotlyjs()))


def _context(results: Results) -> dict[str, Any]:
    search = results.search
    return {
        "run": results.path.resolve().name,
        "search": search,
        "counts": state_counts(results.trials),
        "written": time.strftime("%Y-%m-%d %H:%M"),
        "duration": formats.duration(run_seconds(results)),
        "objectives": results.objectives,
        "constraints": results.constraints,
        "base": results.base_metrics,
        "controls": {k: v for k, v in results.beside.items() if k != "base"},
        "best": [_best(results, row) for row in records(results.best)],
        "concepts": _concepts(results),
        "expected": [line.strip() for line in expected_lines(expected_best(results))],
        "plots": plots(results),
        "finalists": results.finalist_scores,
        "finalists_help": HELP,
        "groups": _groups(results),
        "table": (table := trial_table(results)),
        "glossary": explained(name for name, _ in table["heads"]),
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
