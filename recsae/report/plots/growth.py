"""How the Pareto set grew: its hypervolume and its size by time."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.plots.clock import TIME, with_time
from recsae.report.plots.style import BEST, MODEL_COLOURS, finish
from recsae.results import Results
from recsae.results.pareto import FRONT, HYPERVOLUME, hypervolume_over_time

_NAMES = {HYPERVOLUME: "hypervolume", FRONT: "trials on the front"}


def front_over_time(results: Results) -> go.Figure | None:
    """Return both as stairs; None for a single objective, or while no trial may be best."""
    ended, unit = with_time(results.trials)
    grown = hypervolume_over_time(ended, results.objectives, results.constraints)
    if len(results.objectives) < 2 or grown.empty:
        return None
    grown = grown.sort_values(TIME)
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.08)
    colours = (BEST, MODEL_COLOURS[0])
    for row, ((column, name), colour) in enumerate(zip(_NAMES.items(), colours, strict=True), 1):
        values = grown[column]
        figure.add_scatter(
            x=[*grown[TIME], ended[TIME].max()],
            y=[*values, values.iloc[-1]],
            mode="lines+markers" if len(grown) == 1 else "lines",
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
