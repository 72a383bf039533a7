"""Several objectives against each other, the non-dominated trials joined."""

from itertools import combinations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.style import BEST, dots_by_model, finish, hover_columns
from recsae.results import DEV, Columns, Results, States


def pareto(results: Results) -> go.Figure | None:
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
        for dots, trials in dots_by_model(results):
            part = trials[trials[Columns.STATE] == States.COMPLETE]
            if not part.empty:
                dots.add(figure, (1, col), part, axes, hover_columns(results))
        across, up = (f"dev {n} ({way})" for n, way in pair)
        figure.update_xaxes(title_text=across, col=col)
        figure.update_yaxes(title_text=up, col=col)
    return finish(figure, 420)


def _join_front(figure: go.Figure, col: int, results: Results, axes: tuple[str, str]) -> None:
    """Join the non-dominated trials by a line, which means something for two objectives only."""
    if results.best.empty or len(results.objectives) > 2:
        return
    front = results.best.sort_values(list(axes))
    figure.add_scatter(
        x=list(front[axes[0]]),
        y=list(front[axes[1]]),
        mode="lines",
        line={"color": BEST, "width": 1.5},
        name="best",
        hoverinfo="skip",
        row=1,
        col=col,
    )
