"""How much each parameter decides, as the search has stored it: a bar a parameter."""

from html import escape
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.plots.style import MODEL_COLOURS, QUIET, finish
from recsae.results import DEV, Columns, Results, records

_ROW: Final = 26
_GROUPS: Final = 4
_LEAST: Final = 12
"""Complete trials, fewer of which say nothing of four groups."""


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
                error_x=_bars(part),
                y=[escape(name) for name in part[Columns.PARAMETER]],
                orientation="h",
                name=f"after {epochs} epoch{'s' * (epochs != 1)}, {trials} trials",
                marker={"color": MODEL_COLOURS[0] if epochs == deepest else QUIET},
                hovertext=_texts(part),
                hoverinfo="text",
                row=1,
                col=col,
            )
        order = {"categoryorder": "array", "categoryarray": [escape(name) for name in names]}
        figure.update_yaxes(type="category", row=1, col=col, **order)
        title = f"share of dev {escape(str(objective))}"
        figure.update_xaxes(title_text=title, tickformat=".0%", row=1, col=col)
        tallest = max(tallest, len(names))
    return finish(figure, 120 + _ROW * max(tallest, 4))


def importance_note(results: Results) -> str | None:
    """Return where another method says otherwise: the spread of all trials' ranks over a parameter.

    That is the share of the variance of ranks between groups of alike values (eta squared), which
    asks what moves trials at all; PED-ANOVA asks what sets the best apart.
    """
    stored = results.importance
    if stored is None or stored.empty:
        return None
    name = next(iter(results.objectives))
    own = stored[stored[Columns.OBJECTIVE] == name]
    own = own[own[Columns.EPOCHS] == own[Columns.EPOCHS].max()]
    if own.empty:
        return None
    complete = results.trials[results.eligible]
    if len(complete) < _LEAST:
        return None
    found = {
        p: _eta(complete[p], complete[DEV + name]) for p in own[Columns.PARAMETER] if p in complete
    }
    known = {p: eta for p, eta in found.items() if eta is not None}
    if not known:
        return None
    first = own.sort_values(Columns.IMPORTANCE)[Columns.PARAMETER].iloc[-1]
    other = max(known, key=lambda parameter: known[parameter])
    told = f"{other} (it explains {known[other]:.0%} of the variance of complete trials' ranks)"
    if other == first:
        return f"Among all complete trials, not the best alone, the first is the same: {told}."
    return (
        "Another method differs: among all complete trials, not the best alone, the first is "
        f"{told}; {first} is first in setting the best apart."
    )


def _eta(values: "pd.Series[Any]", scores: "pd.Series[float]") -> float | None:
    """Return the share of the ranks' variance between at most four groups of values."""
    known = values.notna() & scores.notna()
    values, ranks = values[known], scores[known].rank()
    if values.nunique() < 2 or ranks.nunique() < 2:
        return None
    many = pd.api.types.is_numeric_dtype(values) and values.nunique() > _GROUPS
    groups = pd.qcut(values.rank(method="first"), _GROUPS, labels=False) if many else values
    between = ranks.groupby(groups).transform("mean")
    return float(between.var(ddof=0) / ranks.var(ddof=0))


def _bars(part: pd.DataFrame) -> dict[str, Any] | None:
    """Return the intervals of a comparison, None in files of before there were any."""
    if Columns.LOW not in part or part[Columns.LOW].isna().any():
        return None
    shares = part[Columns.IMPORTANCE]
    return {
        "type": "data",
        "symmetric": False,
        # A resample leaves out what decides by chance: an end may lie on the other side.
        "array": list((part[Columns.HIGH] - shares).clip(lower=0)),
        "arrayminus": list((shares - part[Columns.LOW]).clip(lower=0)),
        "thickness": 1.2,
        "width": 4,
        "color": QUIET,
    }


def _texts(part: pd.DataFrame) -> list[str]:
    known = Columns.LOW in part
    return [
        f"{escape(str(row[Columns.PARAMETER]))}: {row[Columns.IMPORTANCE]:.1%}"
        + (f" [{row[Columns.LOW]:.1%}, {row[Columns.HIGH]:.1%}]" if known else "")
        for row in records(part)
    ]
