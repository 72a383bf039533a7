"""Trials as lines across all their settings: drag along an axis, and only those stay."""

import math
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from recsae.report.formats import NOTHING
from recsae.report.plots.parameters import is_searched, log_ticks
from recsae.report.plots.style import BEST, MODEL_COLOURS, QUIET, framed, varied_settings
from recsae.results import DEV, MAX, Columns, Results, States, leaking
from recsae.space import Parameter

MOST_LINES: Final = 2000
_LEAST_LINES: Final = 2
_WORST_SHARE: Final = 0.1
"""So many of the worst share one colour: a few diverged trials would leave the rest alike."""
_SCALE: Final = [[0.0, QUIET], [0.6, MODEL_COLOURS[0]], [1.0, BEST]]
_BELOW: Final = 0.12
"""Where trials without a setting pass its axis: below its end, as a part of its length."""
_TICKS: Final = 5
_CHARACTER: Final = 6
"""Pixels, about."""


def parallel_coordinates(results: Results) -> go.Figure | None:
    """Return the plot, or None unless two trials differ in two settings."""
    first, way = next(iter(results.objectives.items()))
    trials = results.ranked
    names = [name for name in varied_settings(trials) if is_searched(results, name)]
    if len(names) < 2 or DEV + first not in trials:
        return None
    known = trials[Columns.STATE].isin([States.COMPLETE, States.PRUNED, States.PAUSED])
    objectives = [DEV + name for name in results.objectives if DEV + name in trials]
    known &= ~leaking(trials) & trials[objectives].notna().all(axis=1)
    shown = trials[known].head(MOST_LINES).iloc[::-1]  # the best are drawn last
    if len(shown) < _LEAST_LINES:
        return None
    by_name = results.space.by_name
    axes = [_axis(by_name[name], name, shown[name]) for name in names]
    if shown[Columns.EPOCHS].nunique() > 1:
        axes.append(_axis(None, Columns.EPOCHS, shown[Columns.EPOCHS]))
    axes += [
        {**_axis(None, name, shown[name]), "label": f"dev {name.removeprefix(DEV)}"}
        for name in objectives
    ]
    values = shown[DEV + first]
    worst, best = values.quantile([_WORST_SHARE, 1.0] if way == MAX else [1 - _WORST_SHARE, 0.0])
    line = {
        "color": list(values),
        "colorscale": _SCALE,
        "reversescale": way != MAX,
        "cmin": min(worst, best),
        "cmax": max(worst, best),
    }
    figure = go.Figure(go.Parcoords(dimensions=axes, line=line, labelangle=-18))
    framed(figure, 440)
    longest = max(len(text) for text in axes[0]["ticktext"])
    left = min(40 + _CHARACTER * longest, 220)  # labels stand to the left of their axis
    figure.update_layout(margin={"l": left, "r": 50, "t": 100, "b": 30})
    return figure


def _axis(parameter: Parameter | None, name: str, values: "pd.Series[Any]") -> dict[str, Any]:
    """Return one axis: choices at equal steps, numbers by their size or logarithm."""
    missing = values.isna()
    if (parameter and parameter.kind == "choice") or not pd.api.types.is_numeric_dtype(values):
        # False sorts before True: numbers first, then texts; the two cannot be compared.
        options = sorted(values.dropna().unique(), key=lambda o: (isinstance(o, str), o))
        places = values.map({option: place for place, option in enumerate(options)})
        ticks = {float(place): _text(option) for place, option in enumerate(options)}
    else:
        numbers = values.astype("float64")
        low, high = float(numbers.min()), float(numbers.max())
        if parameter and parameter.log and low > 0:
            places = numbers.map(math.log10)
            ticks = {math.log10(tick): _text(tick) for tick in log_ticks(low, high)}
        else:
            places, ticks = numbers, {tick: _text(tick) for tick in _even(low, high)}
    return {"label": name, **_placed(places.astype("float64"), ticks, missing)}


def _placed(
    places: "pd.Series[float]", ticks: dict[float, str], missing: "pd.Series[bool]"
) -> dict[str, Any]:
    low, high = min([*ticks, places.min()]), max([*ticks, places.max()])
    span = high - low or 1.0
    if missing.any():
        low -= _BELOW * span
        places = places.where(~missing, low)
        ticks = {low: NOTHING, **ticks}
    # plotly draws no axis whose range is empty.
    if low == high:
        low, high = low - 0.5, high + 0.5
    return {
        "values": list(places),
        "range": [low, high],
        "tickvals": list(ticks),
        "ticktext": list(ticks.values()),
    }


def _even(low: float, high: float) -> list[float]:
    if low == high:
        return [low]
    return [low + (high - low) * step / (_TICKS - 1) for step in range(_TICKS)]


def _text(item: Any) -> str:
    return item if isinstance(item, str) else f"{item:.3g}"
