"""A run's results as a notebook shows them."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recsae import results
from recsae.results import Files, find_run, storage_root, table
from recsae.settings import path_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from recsae.inference.explained import ExplainedRecommender

SHOWN = 5
"""Trials in a notebook's cell."""


class Results(results.Results):
    """A run as it is now, with plots, a model and a table for a paper beside its frames."""

    @property
    def plot(self) -> "Plots":
        """The figures of the page: `results.plot.tradeoff()`, `.history()`, …"""
        return Plots(self)

    @property
    def outcome(self) -> dict[str, Any]:
        """What `recsae results show RUN --json` prints."""
        from recsae.jobs.results import outcome_of

        return outcome_of(self)

    def table(self, top: int | None = 20) -> pd.DataFrame:
        """Return the best `top` trials (None: all) in the columns that a person compares."""
        return table(self, top)

    def to_latex(self, top: int | None = SHOWN) -> str:
        """Return the table as LaTeX, with names escaped; needs booktabs."""
        return self.table(top).to_latex(index=False, escape=True, float_format="%.4f")

    def model(self, trial: int | None = None) -> "ExplainedRecommender":
        """Return the best model, or that of one of several best trials, ready to use."""
        from recsae.jobs.models.loading import load_model

        return load_model(self.path, trial=trial)

    def __repr__(self) -> str:
        """Return what the command line says of the run."""
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        """Return the counts and the best trials, for a notebook."""
        head = escape(self._lines()[0])
        return f"<p>{head}</p>{self.table(SHOWN).to_html(index=False, escape=True)}"

    def _lines(self) -> list[str]:
        from recsae.report.summary import summary_lines

        return summary_lines(self.outcome)


class Plots:
    """The figures of a run's page, by name; each is None where a run has nothing of the kind."""

    def __init__(self, of: results.Results) -> None:
        self._results = of

    def tradeoff(self) -> "go.Figure | None":
        """Draw quality against k; where trials do not differ in k, each parameter against it."""
        return self._draw("tradeoff") or self._draw("parameters")

    def __getattr__(self, name: str) -> Callable[[], "go.Figure | None"]:
        """Return what draws a figure of the page."""
        if name not in dir(self):
            known = [one for one in dir(self) if not one.startswith("_")]
            raise AttributeError(f"no plot {name!r}; there are {', '.join(known)}")
        return partial(self._draw, name)

    def __dir__(self) -> list[str]:
        """Return the figures' names, for completion."""
        from recsae.report.plots.all_plots import PLOTS

        return [*super().__dir__(), *PLOTS]

    def _draw(self, name: str) -> "go.Figure | None":
        # Loads plotly, which takes a second.
        from recsae.report.plots.all_plots import PLOTS

        return PLOTS[name].draw(self._results)


def load_results(run: str | Path, *, storage: str | None = None) -> Results:
    """Open a run, by its folder or by its name in the storage, running or ended.

    Raises RecsaeError if there is none, or if it is broken.
    """
    folder = path_of(run)
    if not (folder / Files.SEARCH).is_file():
        folder = find_run(str(run), storage_root(storage))
    found = results.load_results(folder)
    return Results(**{field.name: getattr(found, field.name) for field in fields(found)})
