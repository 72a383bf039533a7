"""Quality and error against k: the ladder of a trial joined, trials of one k beside."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.plots.parameters import log_axis
from recsae.report.plots.style import FAINT, Dots, finish, hover_columns, model_colours
from recsae.results import DEV, Columns, Results, eligible

_FIGURES: Final = ("ndcg@10", "fvu")


def curve_of_k(results: Results) -> go.Figure | None:
    """Return a plot for each figure; None for a single objective, or while no trial may be best."""
    points = results.points
    names = [name for name in _FIGURES if DEV + name in points]
    points = points[eligible(points, results.objectives, results.constraints)]
    points = points.dropna(subset=[Columns.K])
    if len(results.objectives) < 2 or not names or points.empty:
        return None
    figure = make_subplots(cols=len(names), horizontal_spacing=0.08)
    hover = [Columns.K, *hover_columns(results)]
    for col, name in enumerate(names, start=1):
        for model, colour in model_colours(results).items():
            own = points[points[Columns.MODEL_NAME] == model]
            for _, ladder in own.groupby(Columns.TRIAL_ID):
                _join(figure, col, ladder, name, Dots(model, colour, opacity=FAINT))
            Dots(model, colour).add(figure, (1, col), own, (Columns.K, DEV + name), hover)
        ks = points[Columns.K].astype(float)
        figure.update_xaxes(title_text="k", col=col, **log_axis(ks.min(), ks.max()))
        figure.update_yaxes(title_text=f"dev {name}", col=col)
    return finish(figure, 360)


def _join(figure: go.Figure, col: int, ladder: pd.DataFrame, name: str, dots: Dots) -> None:
    """Join the points of one trial; one point alone has no line."""
    if len(ladder) > 1:
        figure.add_scatter(
            x=list(ladder[Columns.K]),
            y=list(ladder[DEV + name]),
            mode="lines",
            line={"color": dots.colour, "width": 1},
            opacity=dots.opacity,
            name=dots.name,
            hoverinfo="skip",
            row=1,
            col=col,
        )
