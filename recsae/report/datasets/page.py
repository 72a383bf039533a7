"""One self-contained HTML page of a data set: what `data describe` says, and plots of it.

Shapes: E events, U users, I items.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from recsae.files import write_whole
from recsae.report.datasets.facts import Counted, fact_rows, moment_of, split_rows
from recsae.report.pages import templates
from recsae.report.plots.style import BEST, MODEL_COLOURS, framed, section
from recsae.splits import quantile

PLAIN: Final = MODEL_COLOURS[0]
HEIGHT: Final = 300
BINS: Final = 40
MOST_POINTS: Final = 400
"""Of a curve: more make the page large and look the same."""


def write_page(outcome: Mapping[str, Any], counted: Counted, path: Path) -> None:
    """Write the page, whole."""
    write_whole(path, render(outcome, counted))


def render(outcome: Mapping[str, Any], counted: Counted) -> str:
    """Return the page; every text from the data is escaped."""
    return templates.render(
        "data.html.j2",
        name=outcome["name"],
        protocol=outcome["protocol"],
        sizes={key: outcome[key] for key in ("users", "items", "events")},
        facts=fact_rows(outcome),
        heads=list(outcome["splits"]),
        splits=split_rows(outcome["splits"]),
        plots=_plots(outcome, counted),
    )


def _plots(outcome: Mapping[str, Any], counted: Counted) -> list[dict[str, Any]]:
    shown = [
        section(
            "lengths",
            "Events a user",
            "How long histories are. What is left of 3 events by leave-one-out is one to train on.",
            lengths(counted.lengths_U),
        ),
        section(
            "popularity",
            "Events an item",
            "Items from the most to the least popular, both axes by powers of ten. The steeper, "
            "the more a model gains by knowing what is popular.",
            popularity(counted.counts_I),
        ),
    ]
    if counted.time_E is not None:
        split = next((name for name in outcome["splits"] if name.startswith("time:")), None)
        words = "Orange: the moments of the split in time, T_dev and T_test." if split else ""
        over_time = events_over_time(counted.time_E, split)
        shown.append(section("times", "Events over time", words, over_time))
    return shown


def lengths(lengths_U: npt.NDArray[np.int64]) -> go.Figure:
    """Return how many users have how many events, in bins that grow."""
    # Low bins of a geometric grid round to the same whole number.
    edges = np.unique(np.geomspace(1, lengths_U.max() + 1, BINS).astype(np.int64))
    users, _ = np.histogram(lengths_U, edges)
    names = [f"{low}" if high - low == 1 else f"{low}–{high - 1}" for low, high in pairwise(edges)]
    figure = go.Figure()
    figure.add_bar(x=names, y=users.tolist(), marker={"color": PLAIN})
    figure.update_xaxes(title_text="events", type="category")
    figure.update_yaxes(title_text="users")
    return framed(figure, HEIGHT)


def popularity(counts_I: npt.NDArray[np.int64]) -> go.Figure:
    """Return the events of items by rank."""
    ordered_I = np.sort(counts_I)[::-1]
    shown = np.unique(np.geomspace(1, len(ordered_I), MOST_POINTS).astype(np.int64))
    figure = go.Figure()
    figure.add_scatter(
        x=shown.tolist(), y=ordered_I[shown - 1].tolist(), mode="lines", line={"color": PLAIN}
    )
    figure.update_xaxes(title_text="rank of the item", type="log")
    figure.update_yaxes(title_text="events", type="log")
    return framed(figure, HEIGHT)


def events_over_time(time_E: npt.NDArray[Any], split: str | None) -> go.Figure:
    """Return how many events fall in each part of the time, and where a split cuts it."""
    events, edges = np.histogram(time_E, BINS)
    middles = [moment_of(float(middle)) for middle in (edges[1:] + edges[:-1]) / 2]
    figure = go.Figure()
    figure.add_bar(x=middles, y=events.tolist(), marker={"color": PLAIN})
    if split is not None:
        share = Fraction(split.removeprefix("time:"))
        for part in (2 * share - 1, share):
            figure.add_vline(x=moment_of(float(quantile(time_E, part))), line={"color": BEST})
    figure.update_yaxes(title_text="events")
    return framed(figure, HEIGHT)
