"""How many trials reached each rung, and what became of them there."""

from typing import Final

import plotly.graph_objects as go

from recsae.report.plots.style import STATE_COLOURS, finish
from recsae.report.rung_survival import REACHED, WENT_ON, rung_survival
from recsae.results import Columns, Results, States

_ON: Final = "#23a08d"
_ROOM: Final = 0.06
"""Of the tallest bar: a lower part has no room for its number."""
_PARTS: Final = {
    WENT_ON: ("went on", _ON),
    States.COMPLETE: ("complete", STATE_COLOURS[States.COMPLETE]),
    States.PRUNED: ("stopped", STATE_COLOURS[States.PRUNED]),
    States.PAUSED: ("paused", STATE_COLOURS[States.PAUSED]),
    States.RUNNING: ("running", STATE_COLOURS[States.RUNNING]),
    States.FAILED: ("failed", STATE_COLOURS[States.FAILED]),
}


def survival(results: Results) -> go.Figure | None:
    """Return a bar a rung, or None where no trial was stopped or paused."""
    rungs = rung_survival(results.trials)
    if rungs.empty:
        return None
    labels = [f"{epoch}" if epoch else "start" for epoch in rungs[Columns.EPOCH]]
    figure = go.Figure()
    for column, (name, colour) in _PARTS.items():
        counts = rungs[column]
        if not counts.any():
            continue
        shares = (f"{n} of {of}" for n, of in zip(counts, rungs[REACHED], strict=True))
        figure.add_bar(
            x=labels,
            y=list(counts),
            name=name,
            marker={"color": colour},
            hovertext=[f"{name}: {share}" for share in shares],
            hoverinfo="text",
            text=[str(count) if count >= _ROOM * rungs[REACHED].max() else "" for count in counts],
            textangle=0,
            textposition="inside",
            insidetextanchor="middle",
        )
    figure.update_layout(barmode="stack", bargap=0.35)
    figure.update_xaxes(title_text="epochs trained", type="category")
    figure.update_yaxes(title_text="trials that came so far")
    return finish(figure, 340)
