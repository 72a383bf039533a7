"""The objective over time: a point a trial at its end, and the best so far."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.formats import number
from recsae.report.plots.elapsed_time import TIME, with_elapsed_time
from recsae.report.plots.style import (
    BEST,
    BROKEN_DOTS,
    LEAKING_DOTS,
    QUIET,
    STATE_COLOURS,
    STRONG,
    Dots,
    finish,
    hover_columns,
)
from recsae.results import DEV, Columns, Results, States, eligible, leaking, within
from recsae.results.selection import MAX

_FAILED_HEIGHT: Final = 0.05  # of a failed trial's mark, as a part of the axis


def optimization_history(results: Results) -> go.Figure | None:
    """Return one plot an objective, or None while no trial has ended with a figure."""
    ended, unit = with_elapsed_time(results.trials)
    if not any(
        DEV + name in ended and ended[DEV + name].notna().any() for name in results.objectives
    ):
        return None
    rows = len(results.objectives)
    figure = make_subplots(rows=rows, shared_xaxes=True, vertical_spacing=0.06)
    for row, name in enumerate(results.objectives, start=1):
        _mark_failures(figure, row, ended)
        if DEV + name in ended:
            _add_trials(figure, row, results, ended, name)
            _add_best_so_far(figure, row, results, ended, name)
        _add_base(figure, row, name, results.base_metrics.get(name))
        figure.update_yaxes(title_text=f"dev {name}", row=row)
    figure.update_xaxes(rangemode="tozero")
    figure.update_xaxes(title_text=f"{unit} since the start", row=rows)
    return finish(figure, 110 + 250 * rows)


def _add_trials(
    figure: go.Figure, row: int, results: Results, ended: pd.DataFrame, name: str
) -> None:
    leaks, kept = leaking(ended), within(ended, results.constraints)
    hover = hover_columns(results)
    for state in (States.PRUNED, States.FAILED, States.COMPLETE):
        part = ended[(ended[Columns.STATE] == state) & ~leaks].dropna(subset=[DEV + name])
        if state == States.COMPLETE:
            BROKEN_DOTS.add(figure, (row, 1), part[~kept[part.index]], (TIME, DEV + name), hover)
            part = part[kept[part.index]]
        if not part.empty and state != States.FAILED:  # those have marks of their own
            dots = Dots(
                state.lower(),
                STATE_COLOURS[state],
                opacity=0.6 if state == States.PRUNED else STRONG,
            )
            dots.add(figure, (row, 1), part, (TIME, DEV + name), hover)
    if leaks.any():
        LEAKING_DOTS.add(figure, (row, 1), ended[leaks], (TIME, DEV + name), hover)


def _add_best_so_far(
    figure: go.Figure, row: int, results: Results, ended: pd.DataFrame, name: str
) -> None:
    way = results.objectives[name]
    able = ended[eligible(ended, {name: way}, results.constraints)]
    if able.empty:
        return
    values = able[DEV + name]
    # `able` is sorted by time, so this is the best until then.
    best = values.cummax() if way == MAX else values.cummin()
    figure.add_scatter(
        x=[*able[TIME], ended[TIME].max()],
        y=[*best, best.iloc[-1]],
        mode="lines",
        line={"shape": "hv", "color": BEST, "width": 2},
        name="best so far",
        hoverinfo="skip",
        row=row,
        col=1,
    )


def _mark_failures(figure: go.Figure, row: int, ended: pd.DataFrame) -> None:
    """Mark failed trials on the time axis: most have no value to be drawn at."""
    failed = ended.loc[ended[Columns.STATE] == States.FAILED, TIME]
    line = {"color": STATE_COLOURS[States.FAILED], "width": 2}
    # plotly calls the axes of the first cell x and y, of the second x2 and y2.
    axis = "" if row == 1 else str(row)
    for x in failed:
        figure.add_shape(
            x0=x, x1=x, y0=0, y1=_FAILED_HEIGHT, xref=f"x{axis}", yref=f"y{axis} domain", line=line
        )
    if len(failed):  # shapes have no place in the legend, and do not stretch the axis
        mark = {"symbol": "line-ns-open", "color": line["color"], "size": 9}
        figure.add_scatter(
            x=[failed.max()], y=[None], mode="markers", marker=mark, name="failed",
            row=row, col=1,
        )  # fmt: skip


def _add_base(figure: go.Figure, row: int, name: str, base: float | None) -> None:
    if base is None:
        return
    figure.add_hline(
        base,
        row=row,
        col=1,
        line={"dash": "dot", "width": 1, "color": QUIET},
        annotation={"text": f"base {number(name, base)}", "font": {"size": 11, "color": QUIET}},
        annotation_position="top left",
    )
