"""Figures epoch by epoch: pruned trials faint, the best ones strong."""

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsae.report.plots.style import BEST, FAINT, LEAK, QUIET, finish, model_colours
from recsae.results import DEV, Columns, Results, States, leaking

MOST_TRIALS: Final = 200
"""More lines than this tell nobody anything and make the page slow: half are of the best trials."""

_COMPANIONS: Final = ("fvu", "dead", "l0")


def learning_curves(results: Results) -> go.Figure | None:
    """Return the objectives and a few other dev metrics by epoch, or None without any report."""
    known = results.curves.columns[results.curves.notna().any()]
    wanted = dict.fromkeys([*results.objectives, *_COMPANIONS])
    names = [name for name in wanted if DEV + name in known][:4]
    if not names:
        return None
    shown = _shown(results)
    curves = results.curves[results.curves[Columns.TRIAL_ID].isin(shown[Columns.TRIAL_ID])]
    across = 1 if len(names) == 1 else 2
    rows = -(-len(names) // across)
    figure = make_subplots(rows, across, horizontal_spacing=0.08, vertical_spacing=0.24 / rows)
    for place, name in enumerate(names):
        cell = {"row": place // across + 1, "col": place % across + 1}
        for drawn, trials in _groups(results, shown):
            line = _line(curves, trials, DEV + name)
            figure.add_scatter(**line, **drawn, **cell, mode="lines+markers", hoverinfo="text+y")
        figure.update_yaxes(title_text=f"dev {name}", **cell)
        figure.update_xaxes(title_text="epoch" if place >= len(names) - across else None, **cell)
    return finish(figure, 90 + 250 * rows)


def _shown(results: Results) -> pd.DataFrame:
    """Return the trials to draw: all, or the best and a regular sample of the others."""
    trials = results.ranked
    if len(trials) <= MOST_TRIALS:
        return trials
    half = MOST_TRIALS // 2
    # Rounded up, so that the sample is never larger than the other half.
    step = -(-(len(trials) - half) // half)
    return pd.concat([trials.head(half), trials.iloc[half::step]])


def _groups(results: Results, shown: pd.DataFrame) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Yield how to draw each group of trials and who is in it, the strongest last."""
    states, models, ids = (
        shown[name] for name in (Columns.STATE, Columns.MODEL_NAME, Columns.TRIAL_ID)
    )
    leaks, ended = leaking(shown), states == States.COMPLETE
    best = ids.isin(results.best[Columns.TRIAL_ID])
    yield _drawn("not complete", QUIET, FAINT), list(ids[~ended & ~leaks])
    yield _drawn("leaks (never best)", LEAK, 0.6, dash="dot"), list(ids[leaks])
    for model, colour in model_colours(results).items():
        yield _drawn(model, colour, 0.55), list(ids[ended & ~leaks & ~best & (models == model)])
    yield _drawn("best", BEST, 1.0, width=2.5), list(ids[best])


def _drawn(
    name: str, colour: str, opacity: float, width: float = 1.2, dash: str = "solid"
) -> dict[str, Any]:
    return {
        "name": name,
        "opacity": opacity,
        "line": {"color": colour, "width": width, "dash": dash},
        "marker": {"color": colour, "size": 3},  # a trial of one epoch is a point
    }


def _line(curves: pd.DataFrame, trials: list[int], column: str) -> dict[str, list[Any]]:
    """Return many trials' curves as one line with gaps: a figure of few traces stays quick."""
    x: list[Any] = []
    y: list[Any] = []
    text: list[Any] = []
    for trial, part in curves[curves[Columns.TRIAL_ID].isin(trials)].groupby(Columns.TRIAL_ID):
        # None breaks the line between two trials.
        x += [*part[Columns.EPOCH], None]
        y += [*part[column], None]
        text += [f"trial {trial}"] * (len(part) + 1)
    return {"x": x, "y": y, "hovertext": text}
