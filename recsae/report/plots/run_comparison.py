"""Several runs in one figure each: what k buys, and how soon each was how good."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from recsae.report.plots.parameters import log_axis
from recsae.report.plots.style import MODEL_COLOURS, Dots, finish, hover_columns
from recsae.report.plots.tradeoff import steps
from recsae.results import DEV, MAX, Columns, Results, eligible

_HEIGHT: Final = 400
_EPOCHS: Final = "epochs of all trials so far"


def tradeoffs(runs: Mapping[str, Results], name: str, way: str) -> go.Figure | None:
    """Return each run's points and steps of one objective against k; None where nothing has a k."""
    figure = go.Figure().set_subplots(1, 1)
    for (run, results), colour in zip(runs.items(), _colours(runs), strict=True):
        able = _able(results, results.points, name, way).dropna(subset=[Columns.K])
        if able.empty:
            continue
        stairs = steps(able, DEV + name, way)
        last = able[Columns.K].max(), stairs[DEV + name].iloc[-1]
        _line(figure, run, colour, [*stairs[Columns.K], last[0]], [*stairs[DEV + name], last[1]])
        hover = [Columns.RUN, Columns.K, *hover_columns(results)]
        named = able.assign(**{Columns.RUN: run})
        Dots(run, colour).add(figure, (1, 1), named, (Columns.K, DEV + name), hover)
    ks = [k for trace in figure.data for k in trace.x]
    axis = log_axis(float(min(ks)), float(max(ks))) if ks else {}
    figure.update_xaxes(title_text="k, active latents", **axis)
    return _finished(figure, name)


def bests_by_epochs(runs: Mapping[str, Results], name: str, way: str) -> go.Figure | None:
    """Return the best value of each run so far against the epochs that its trials took together."""
    figure = go.Figure().set_subplots(1, 1)
    for (run, results), colour in zip(runs.items(), _colours(runs), strict=True):
        ended = results.trials.dropna(subset=[Columns.ENDED])
        ended = ended.sort_values([Columns.ENDED, Columns.TRIAL_ID])
        ended = ended.assign(**{_EPOCHS: ended[Columns.EPOCHS].cumsum()})
        able = _able(results, ended, name, way)
        if able.empty:
            continue
        values = able[DEV + name]
        best = values.cummax() if way == MAX else values.cummin()
        x = [*able[_EPOCHS], ended[_EPOCHS].max()]
        _line(figure, run, colour, x, [*best, best.iloc[-1]])
    figure.update_xaxes(title_text=_EPOCHS, rangemode="tozero")
    return _finished(figure, name)


def _able(results: Results, trials: pd.DataFrame, name: str, way: str) -> pd.DataFrame:
    return trials[eligible(trials, {name: way}, results.constraints)]


def _line(figure: go.Figure, run: str, colour: str, x: Sequence[Any], y: Sequence[Any]) -> None:
    figure.add_scatter(
        x=list(x),
        y=list(y),
        mode="lines",
        line={"shape": "hv", "color": colour, "width": 2},
        name=run,
        hoverinfo="name+x+y",
        row=1,
        col=1,
    )


def _finished(figure: go.Figure, name: str) -> go.Figure | None:
    if not figure.data:
        return None
    figure.update_yaxes(title_text=f"dev {name}")
    return finish(figure, _HEIGHT)


def _colours(runs: Mapping[str, Results]) -> list[str]:
    return [MODEL_COLOURS[place % len(MODEL_COLOURS)] for place in range(len(runs))]
