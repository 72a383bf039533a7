"""The hypervolume of the Pareto set, and its size, by time."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.plots.elapsed_time import TIME, with_elapsed_time
from recsae.report.plots.style import BEST, MODEL_COLOURS, finish
from recsae.results import Results, pareto

_NAMES = {pareto.HYPERVOLUME: "hypervolume", pareto.FRONT: "points on the front"}


def hypervolume_history(results: Results) -> go.Figure | None:
    """Return both as steps; None for a single objective, or while no trial may be best."""
    ended, unit = with_elapsed_time(results.points)
    history = pareto.hypervolume_history(ended, results.objectives, results.constraints)
    if len(results.objectives) < 2 or history.empty:
        return None
    history = history.sort_values(TIME)
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.08)
    colours = (BEST, MODEL_COLOURS[0])
    for row, ((column, name), colour) in enumerate(zip(_NAMES.items(), colours, strict=True), 1):
        values = history[column]
        figure.add_scatter(
            x=[*history[TIME], ended[TIME].max()],
            y=[*values, values.iloc[-1]],
            mode="lines+markers" if len(history) == 1 else "lines",
            line={"shape": "hv", "color": colour, "width": 2},
            name=name,
            hoverinfo="x+y",
            row=row,
            col=1,
        )
        figure.update_yaxes(title_text=name, rangemode="tozero", row=row)
    figure.update_xaxes(rangemode="tozero")
    figure.update_xaxes(title_text=f"{unit} since the start", row=2)
    return finish(figure, 400)
