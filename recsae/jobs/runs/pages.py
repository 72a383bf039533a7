"""`report`: the page of a run, or of several beside each other, and their figures for a paper."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsae.errors import RecsaeError, SettingError
from recsae.results import find_run, load_results, state_counts, storage_root
from recsae.results.failures import failure_line, without_result
from recsae.storage.copies import publish

if TYPE_CHECKING:
    import plotly.graph_objects as go


def report(
    runs: Sequence[str], *, out: Path | None, figures: Path | None, storage: str | None
) -> dict[str, Any]:
    """Write the page of one run, or one page of several, and their figures if that is asked for.

    Raises RecsaeError for a run that is given twice, or where nothing draws the figures.
    """
    from recsae.report.pages.paper_figures import check_drawn_here

    if figures is not None:
        check_drawn_here()
    if len(runs) > 1:
        return _comparison(runs, out, figures, storage)
    if out is not None:
        raise SettingError("--out", "expected several runs; the page of one is its report.html")
    outcome = write_page(runs[0], storage=storage)
    if figures is None:
        return outcome
    from recsae.report.plots.all_plots import PLOTS

    results = load_results(find_run(runs[0], storage_root(storage)))
    drawn = {name: plot.draw(results) for name, plot in PLOTS.items()}
    return outcome | _drawn(
        {k: figure for k, figure in drawn.items() if figure is not None}, figures
    )


def write_page(run: str, *, storage: str | None) -> dict[str, Any]:
    """Write a run's page from its dataframes, and which parameters decide beside them."""
    from recsae.report.page import write_report
    from recsae.search.optuna_views.importance import store_importance

    path = find_run(run, storage_root(storage))
    # Before the results are loaded, of which it is a part.
    store_importance(path)
    results = load_results(path)
    counts = state_counts(results.trials)
    words = failure_line(counts, results.errors) if without_result(counts) else None
    note = {"note": words} if words else {}
    page = write_report(path)
    publish(path)
    return {"run": path.name, **note, "report": str(page)}


def _comparison(
    runs: Sequence[str], out: Path | None, figures: Path | None, storage: str | None
) -> dict[str, Any]:
    from recsae.report.pages import comparison

    root = storage_root(storage)
    loaded = [load_results(find_run(run, root)) for run in runs]
    paths = [results.path.resolve() for results in loaded]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise RecsaeError(f"{twice.name}: expected different runs, got the same twice")
    page = out or root / f"{'-'.join(path.name for path in paths)}.html"
    comparison.write_comparison(loaded, page)
    outcome = {"runs": [path.name for path in paths], "report": str(page)}
    if figures is None:
        return outcome
    return outcome | _drawn(comparison.figures(comparison.named(loaded)), figures)


def _drawn(figures: "Mapping[str, go.Figure]", folder: Path) -> dict[str, Any]:
    from recsae.report.pages.paper_figures import write_figures

    return {"figures": write_figures(figures, folder)}
