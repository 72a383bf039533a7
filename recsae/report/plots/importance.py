"""How much each parameter decides, as the search has stored it: a bar a parameter."""

from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.plots.style import MODEL_COLOURS, QUIET, finish
from recsae.results import Columns, Results

_ROW = 26


def importance(results: Results) -> go.Figure | None:
    """Return a plot an objective, or None where too few trials were compared."""
    stored = results.importance
    if stored is None or stored.empty:
        return None
    objectives = list(stored[Columns.OBJECTIVE].unique())
    figure = make_subplots(cols=len(objectives), horizontal_spacing=0.22)
    tallest = 0
    for col, objective in enumerate(objectives, start=1):
        own = stored[stored[Columns.OBJECTIVE] == objective]
        deepest = own[Columns.EPOCHS].max()
        order = own.sort_values([Columns.EPOCHS, Columns.IMPORTANCE])[Columns.PARAMETER]
        names = list(dict.fromkeys(order.iloc[::-1]))[::-1]  # the deepest comparison decides
        for epochs, part in own.groupby(Columns.EPOCHS):
            trials = part[Columns.TRIALS].iloc[0]
            figure.add_bar(
                x=list(part[Columns.IMPORTANCE]),
                y=[escape(name) for name in part[Columns.PARAMETER]],
                orientation="h",
                name=f"after {epochs} epoch{'s' * (epochs != 1)}, {trials} trials",
                marker={"color": MODEL_COLOURS[0] if epochs == deepest else QUIET},
                hoverinfo="x+y+name",
                row=1,
                col=col,
            )
        order = {"categoryorder": "array", "categoryarray": [escape(name) for name in names]}
        figure.update_yaxes(type="category", row=1, col=col, **order)
        title = f"share of dev {escape(str(objective))}"
        figure.update_xaxes(title_text=title, tickformat=".0%", row=1, col=col)
        tallest = max(tallest, len(names))
    return finish(figure, 120 + _ROW * max(tallest, 4))
