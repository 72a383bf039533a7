"""Several objectives against each other, the non-dominated points joined, now and earlier."""

from itertools import combinations
from typing import Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.plots.style import BEST, QUIET, dots_by_model, finish, hover_columns
from recsae.results import DEV, Columns, Results, States, best_rows

_EARLIER: Final = {"front after a quarter": 4, "front after half": 2}
"""Of the trials that have ended; by what their number is divided."""


def pareto_front(results: Results) -> go.Figure | None:
    """Return a plot for each of the first three pairs of objectives; None for a single one."""
    pairs = list(combinations(results.objectives.items(), 2))[:3]
    complete = results.trials[results.trials[Columns.STATE] == States.COMPLETE]
    measured = {DEV + name for name in results.objectives} <= set(complete)
    if not pairs or complete.empty or not measured:
        return None
    figure = make_subplots(cols=len(pairs), horizontal_spacing=0.08)
    for col, pair in enumerate(pairs, start=1):
        axes = (DEV + pair[0][0], DEV + pair[1][0])
        _join_front(figure, col, results, axes)
        for dots, trials in dots_by_model(results, points=True):
            part = trials[trials[Columns.STATE] == States.COMPLETE]
            if not part.empty:
                dots.add(figure, (1, col), part, axes, [Columns.K, *hover_columns(results)])
        across, up = (f"dev {n} ({way})" for n, way in pair)
        figure.update_xaxes(title_text=across, col=col)
        figure.update_yaxes(title_text=up, col=col)
    return finish(figure, 420)


def _join_front(figure: go.Figure, col: int, results: Results, axes: tuple[str, str]) -> None:
    """Join the non-dominated points by a line, which means something for two objectives only."""
    if results.best.empty or len(results.objectives) > 2:
        return
    ended = results.trials.dropna(subset=[Columns.ENDED]).sort_values(Columns.ENDED)
    for (name, part), dash in zip(_EARLIER.items(), ("dot", "dash"), strict=True):
        first = ended[Columns.TRIAL_ID].head(len(ended) // part)
        by_then = results.points[results.points[Columns.TRIAL_ID].isin(first)]
        earlier = best_rows(by_then, results.objectives, results.constraints)
        if not earlier.empty:
            _line(figure, col, earlier, axes, name, {"color": QUIET, "width": 1, "dash": dash})
    _line(figure, col, results.front, axes, "best", {"color": BEST, "width": 1.5})


def _line(
    figure: go.Figure,
    col: int,
    front: pd.DataFrame,
    axes: tuple[str, str],
    name: str,
    line: dict[str, object],
) -> None:
    front = front.sort_values(list(axes))
    x, y = (list(front[axis]) for axis in axes)
    figure.add_scatter(
        x=x, y=y, mode="lines", line=line, name=name, hoverinfo="skip", row=1, col=col
    )
