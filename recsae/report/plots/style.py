"""Colours, marks and layout that the plots share; the page adds what depends on light or dark."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup

from recsae.report.formats import value
from recsae.results import (
    DEV,
    Columns,
    Results,
    States,
    leaking,
    records,
    setting_names,
    within,
)

MODEL_COLOURS: Final = ("#3f7fd6", "#23a08d", "#9468c9", "#c2577e", "#7d8a2e", "#5d6f86")
STATE_COLOURS: Final = {
    States.COMPLETE: "#3f7fd6",
    States.PRUNED: "#98a1ab",
    States.PAUSED: "#8b7bb0",
    States.RUNNING: "#c79a1b",
    States.FAILED: "#d2495a",
}
BEST: Final = "#e0862a"
LEAK: Final = "#d2495a"
QUIET: Final = "#98a1ab"
FAINT: Final = 0.3
STRONG: Final = 0.9
_CELL: Final = 230
_LINE: Final = 90
"""Pixels that a column of plots, or one of parallel axes, needs at least."""


@dataclass(frozen=True)
class Dots:
    """How a group of trials is drawn: filled, or as open rings."""

    name: str
    colour: str
    ring: bool = False
    opacity: float = STRONG
    size: int = 8

    def add(
        self,
        figure: go.Figure,
        cell: tuple[int, int],
        trials: pd.DataFrame,
        axes: tuple[str, str],
        hover: list[str],
    ) -> None:
        """Draw trials in a cell (row, column) of a figure; `axes`: the columns across and up."""
        shown = trials.dropna(subset=list(axes))
        mark = {
            "color": self.colour,
            "symbol": "circle-open" if self.ring else "circle",
            "size": self.size,
            "opacity": self.opacity,
            "line": {"width": 1.5 if self.ring else 0},
        }
        figure.add_scatter(
            x=list(shown[axes[0]]),
            y=list(shown[axes[1]]),
            mode="markers",
            marker=mark,
            name=self.name,
            hovertext=hover_texts(shown, hover),
            hoverinfo="text",
            row=cell[0],
            col=cell[1],
        )


LEAKING_DOTS: Final = Dots("leaks (never best)", LEAK, ring=True)
BROKEN_DOTS: Final = Dots("breaks a constraint (never best)", QUIET, ring=True)


def model_colours(results: Results) -> dict[str, str]:
    """Return a colour for each model, the same in every plot."""
    names = sorted(results.trials[Columns.MODEL_NAME].dropna().unique())
    return {name: MODEL_COLOURS[i % len(MODEL_COLOURS)] for i, name in enumerate(names)}


def dots_by_model(results: Results, points: bool = False) -> Iterator[tuple[Dots, pd.DataFrame]]:
    """Yield the trials, or their points, in groups to draw: faint stopped ones first, rings around
    the best last."""
    trials = results.points if points else results.trials
    leaks, pruned = leaking(trials), trials[Columns.STATE].isin([States.PRUNED, States.PAUSED])
    complete = trials[Columns.STATE] == States.COMPLETE
    kept = within(trials, results.constraints)
    yield BROKEN_DOTS, trials[complete & ~leaks & ~kept]
    for model, colour in model_colours(results).items():
        own = trials[Columns.MODEL_NAME] == model
        yield Dots(model, colour, opacity=FAINT, size=6), trials[own & pruned & ~leaks]
        yield Dots(model, colour), trials[own & complete & ~leaks & kept]
    yield LEAKING_DOTS, trials[leaks]
    yield Dots("best", BEST, ring=True, size=14), results.front if points else results.best


def varied_settings(trials: pd.DataFrame) -> list[str]:
    """Return the settings that have more than one value among the trials."""
    return [name for name in setting_names(trials) if trials[name].nunique() > 1]


def hover_columns(results: Results) -> list[str]:
    """Return what to tell of a trial under the pointer: objectives, then what was varied."""
    return [*(DEV + name for name in results.objectives), *varied_settings(results.trials)]


def hover_texts(trials: pd.DataFrame, columns: Iterable[str]) -> list[str]:
    """Return what appears under the pointer, a text a trial; everything in it is escaped."""
    wanted = [name for name in columns if name in trials]
    return [_hover_text(row, wanted) for row in records(trials)]


def _hover_text(row: dict[str, Any], columns: list[str]) -> str:
    head = f"<b>trial {row[Columns.TRIAL_ID]}</b> {row[Columns.STATE].lower()}"
    lines = [
        f"{escape(name.removeprefix(DEV))}: {escape(value(name, row[name]))}"
        for name in columns
        if not pd.isna(row[name])
    ]
    return "<br>".join([head, *lines])


def finish(figure: go.Figure, height: int) -> go.Figure:
    """Give a figure the common layout and a legend without repeats, and return it."""
    _one_legend(figure)
    framed(figure, height)
    figure.update_xaxes(zeroline=False, ticks="outside", ticklen=4, tickangle=0, automargin=True)
    figure.update_yaxes(zeroline=False, automargin=True)
    return figure


def framed(figure: go.Figure, height: int) -> go.Figure:
    """Give a figure without axes the common layout, and return it."""
    figure.update_layout(
        height=height,
        margin={"l": 64, "r": 16, "t": 24, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Inter, system-ui, sans-serif", "size": 12},
        hoverlabel={"align": "left"},
        # Above the plot, which makes room for as many lines as the width needs.
        legend={"orientation": "h", "x": 0, "y": 1 + 14 / height, "yanchor": "bottom"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": QUIET, "activecolor": BEST},
        template={},
    )
    return figure


def _one_legend(figure: go.Figure) -> None:
    """Name each group once, by its strongest trace, and leave out empty ones."""
    # plotly keeps an empty trace in the legend.
    figure.data = [trace for trace in figure.data if len(trace.x)]
    strongest: dict[str, go.Scatter] = {}
    for trace in figure.data:
        best = strongest.get(trace.name)
        if best is None or _strength(trace) > _strength(best):
            strongest[trace.name] = trace
    for trace in figure.data:
        trace.update(legendgroup=trace.name, showlegend=trace is strongest[trace.name])


def _strength(trace: go.Scatter) -> float:
    return max(trace.opacity or 0, trace.marker.opacity or 0)


def section(
    key: str, title: str, words: str, figure: go.Figure, texts: dict[str, int] | None = None
) -> dict[str, Any]:
    """Return a figure as the template of a page takes it: id, title, help, JSON and its least size.

    texts: what appears under the pointer, kept once for all figures of a page; each text's place.
    """
    drawn, places = json.loads(figure.to_json()), {} if texts is None else texts
    for trace in drawn["data"]:
        if texts is not None and isinstance(trace.get("hovertext"), list):
            trace["hovertext"] = [places.setdefault(t, len(places)) for t in trace["hovertext"]]
        for part in (trace, *trace.get("dimensions", ())):
            part |= {key: _rounded(part[key]) for key in ("x", "y", "values") if key in part}
    return {
        "id": key,
        "title": title,
        "help": words,
        "figure": script_json(drawn),
        "width": least_width(figure),
        "height": figure.layout.height,
    }


def _rounded(values: Any) -> Any:
    """Return numbers with the digits that a figure can show."""
    if not isinstance(values, list):
        return values
    return [float(f"{value:.6g}") if isinstance(value, float) else value for value in values]


def script_json(value: Any) -> Markup:
    """Return JSON for a script element, which no text in it can end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)


def least_width(figure: go.Figure) -> int:
    """Return the pixels below which a figure is moved sideways rather than squeezed."""
    across = len({axis.domain for axis in figure.select_xaxes() if axis.domain})
    lines = sum(len(trace.dimensions) for trace in figure.data if trace.type == "parcoords")
    return max(300, _CELL * across if across > 1 else 0, _LINE * lines)
