"""Quality against k: what each further active latent buys, with the uncertainty of the steps."""

from html import escape
from textwrap import shorten
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from recsae.report.formats import number
from recsae.report.plots.parameters import log_axis
from recsae.report.plots.style import BEST, QUIET, Dots, finish, hover_columns, model_colours
from recsae.results import DEV, MAX, Columns, Results, eligible, records
from recsae.results.columns import EXPECTED_SD

_HEIGHT: Final = 400
_LONGEST: Final = 20
"""Characters of a name beside its line."""
_STEPS: Final = "best up to this k"
_OF_SEEDS: Final = "± one deviation over seeds"
_OF_USERS: Final = "95 % over users"


def tradeoff(results: Results) -> go.Figure | None:
    """Return the plot of the first objective; None unless trials that may be best differ in k."""
    name, way = next(iter(results.objectives.items()))
    column, points = DEV + name, results.points
    able = points[eligible(points, results.objectives, results.constraints)]
    able = able.dropna(subset=[Columns.K])
    # What may be best has a score in each objective.
    if able[Columns.K].nunique() < 2:
        return None
    figure = go.Figure().set_subplots(1, 1)
    stairs = steps(able, column, way)
    figure.add_scatter(
        x=[*stairs[Columns.K], able[Columns.K].max()],
        y=[*stairs[column], stairs[column].iloc[-1]],
        mode="lines",
        line={"shape": "hv", "color": BEST, "width": 2},
        name=_STEPS,
        hoverinfo="skip",
        row=1,
        col=1,
    )
    hover = [Columns.K, *hover_columns(results)]
    for model, colour in model_colours(results).items():
        own = able[able[Columns.MODEL_NAME] == model]
        if not own.empty:
            Dots(model, colour).add(figure, (1, 1), own, (Columns.K, column), hover)
    Dots("step", BEST, ring=True, size=13).add(figure, (1, 1), stairs, (Columns.K, column), hover)
    for kind, bars in _intervals(results, stairs, name).items():
        figure.add_scatter(
            x=[bar[0] for bar in bars],
            y=[bar[1] for bar in bars],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [bar[3] - bar[1] for bar in bars],
                "arrayminus": [bar[1] - bar[2] for bar in bars],
                "color": BEST if kind == _OF_SEEDS else QUIET,
                "thickness": 1.2,
                "width": 5,
            },
            mode="markers",
            marker={"size": 1, "color": BEST if kind == _OF_SEEDS else QUIET},
            name=kind,
            hoverinfo="skip",
            row=1,
            col=1,
        )
    bottom, top = _range(able[column])
    for place, (who, measured) in enumerate(results.beside.items()):
        # What is far off would leave the steps no room; the table of the answer has it.
        if bottom < measured.get(name, bottom) < top:
            words = f"{shorten(who, _LONGEST, placeholder='…')} {number(name, measured[name])}"
            _line(figure, escape(words), measured[name], place)
    low, high = float(able[Columns.K].min()), float(able[Columns.K].max())
    figure.update_xaxes(title_text="k, active latents", **log_axis(low, high))
    figure.update_yaxes(title_text=f"dev {name}")
    return finish(figure, _HEIGHT)


def _range(values: "pd.Series[float]") -> tuple[float, float]:
    """Return the ends between which a line is near the points: one more of their spans each way."""
    low, high = float(values.min()), float(values.max())
    span = (high - low) or abs(high) or 1.0
    return low - span, high + span


def steps(able: pd.DataFrame, column: str, way: str) -> pd.DataFrame:
    """Return the points that are better than every one of a smaller k, smallest k first."""
    ordered = able.sort_values([Columns.K, column], ascending=[True, way != MAX])
    values = ordered[column] if way == MAX else -ordered[column]
    return ordered[values > values.cummax().shift(fill_value=float("-inf"))]


def _intervals(
    results: Results, stairs: pd.DataFrame, name: str
) -> dict[str, list[tuple[int, float, float, float]]]:
    """Return k, value, low and high of the steps, by what the interval is over."""
    found: dict[str, list[tuple[int, float, float, float]]] = {}
    sds = _deviations(results, name)
    own_k = results.trials.set_index(Columns.TRIAL_ID).get("sae_k")
    base = results.base_metrics.get(name)
    for row in records(stairs):
        trial, k, value = int(row[Columns.TRIAL_ID]), int(row[Columns.K]), float(row[DEV + name])
        if own_k is None or own_k.get(trial) != k:
            continue  # of a smaller k of a ladder nothing of the kind is measured
        if (sd := sds.get(trial, 0.0)) > 0:
            found.setdefault(_OF_SEEDS, []).append((k, value, value - sd, value + sd))
        told: Any = ((results.scores(trial).get("difference") or {}).get("dev") or {}).get(name)
        if base is not None and told and told.get("low") is not None:
            ends = (base + told["low"], base + told["high"])
            found.setdefault(_OF_USERS, []).append((k, value, *ends))
    return found


def _deviations(results: Results, name: str) -> dict[int, float]:
    column = EXPECTED_SD + name
    if column not in results.expected:
        return {}
    known = results.expected.dropna(subset=[column])
    return dict(zip(known[Columns.TRIAL_ID].astype(int), known[column], strict=True))


def _line(figure: go.Figure, words: str, value: float, place: int) -> None:
    figure.add_hline(
        value,
        line={
            "dash": ("dot", "dash", "dashdot", "longdash")[place % 4],
            "width": 1,
            "color": QUIET,
        },
        annotation={"text": words, "font": {"size": 11, "color": QUIET}},
        annotation_position="top right",
    )
