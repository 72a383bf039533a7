"""Each searched parameter against the objective, as small multiples."""

import math
from html import escape
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.plots.style import dots_by_model, finish, hover_columns, varied_settings
from recsae.results import DEV, Results
from recsae.space import Parameter

_ACROSS: Final = 4
_ROW_HEIGHT: Final = 230
_GAP: Final = 0.36  # between two rows, as a part of a row: ticks and the name of the parameter
_LONG_LABEL: Final = 12
_ROOM: Final = 16  # digits that fit below an axis
_PLACE: Final = "place on the axis"


def parameters_against_objective(results: Results) -> go.Figure | None:
    """Return a plot a parameter for the first objective, or None if nothing was varied."""
    objective = DEV + next(iter(results.objectives))
    names = [name for name in varied_settings(results.trials) if is_searched(results, name)]
    if not names or objective not in results.trials or results.trials[objective].isna().all():
        return None
    across = min(_ACROSS, len(names))
    rows = math.ceil(len(names) / across)
    figure = make_subplots(
        rows, across, shared_yaxes=True, horizontal_spacing=0.03, vertical_spacing=_GAP / rows
    )
    hover = hover_columns(results)
    for place, name in enumerate(names):
        cell = (place // across + 1, place % across + 1)
        labels, axis = axis_of(results.space.by_name.get(name), results.trials[name])
        for dots, trials in dots_by_model(results):
            if not trials.empty:
                placed = trials.assign(**{_PLACE: labels.loc[trials.index]})
                dots.add(figure, cell, placed, (_PLACE, objective), hover)
        figure.update_xaxes(title_text=name, row=cell[0], col=cell[1], **axis)
    figure.update_yaxes(title_text=f"dev {objective.removeprefix(DEV)}", col=1)
    return finish(figure, 90 + _ROW_HEIGHT * rows)


def is_searched(results: Results, name: str) -> bool:
    """Tell a parameter of the space from what only varies with it, like each trial's own seed."""
    return name in results.space.by_name


def axis_of(
    parameter: Parameter | None, values: "pd.Series[Any]"
) -> tuple["pd.Series[Any]", dict[str, Any]]:
    """Return where a parameter's values are drawn, and their axis: choices, linear or log."""
    if (parameter and parameter.kind == "choice") or not pd.api.types.is_numeric_dtype(values):
        labels = {item: _label(item) for item in sorted(values.dropna().unique())}
        order = {"categoryorder": "array", "categoryarray": list(labels.values())}
        return values.map(labels), {"type": "category", **order}
    low, high = float(values.min()), float(values.max())
    if low <= 0 or not (parameter and parameter.log):
        return values, {"type": "linear"}
    return values, log_axis(low, high)


def log_axis(low: float, high: float) -> dict[str, Any]:
    """Return a logarithmic axis with a few round numbers below it."""
    ticks = log_ticks(low, high)
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{t:g}" for t in ticks]}


def _label(item: Any) -> str:
    """Return a text for below an axis, a long one in two lines at its last underscore."""
    text = item if isinstance(item, str) else f"{item:g}"
    first, mark, last = text.rpartition("_")
    if len(text) <= _LONG_LABEL or not first:
        return escape(text)
    return f"{escape(first + mark)}<br>{escape(last)}"


def log_ticks(low: float, high: float) -> list[float]:
    """Return a few round numbers between two positive ones."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for steps in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        # A thousandth of room: 10.0**power is not exact.
        inside = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if sum(len(f"{tick:g}") for tick in inside) <= _ROOM:
            break
    return inside if len(inside) >= 2 else [low, high]
