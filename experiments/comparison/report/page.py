"""One self-contained HTML page of a comparison: no network, torch or ray needed to make or open it.

Every text from the outcome is escaped.
"""

import time
from html import escape
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from comparison.plan import BUDGETS, MEASURES
from comparison.report.tables import (
    LEAK_MARK,
    contrast_name,
    contrasts_table,
    family_line,
    head_lines,
    leaking_models,
    model_name,
    models_table,
    signed,
)
from recsae.report import formats
from recsae.report.plots.style import BEST, LEAK, MODEL_COLOURS, QUIET, finish

ROW_HEIGHT = 26
PLAIN_COLOUR = MODEL_COLOURS[0]


def render(found: dict[str, Any]) -> str:
    """Return the page of an outcome (the values of comparison.json)."""
    own, shared = Path(__file__).parent, jinja2.PackageLoader("recsae.report", ".")
    loaders = [jinja2.FileSystemLoader(own), shared]
    templates = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return templates.get_template("comparison.html.j2").render(
        found=found,
        head=head_lines(found),
        family=family_line(found),
        written=time.strftime("%Y-%m-%d %H:%M"),
        duration=formats.duration(found.get("seconds", 0.0)),
        forests=forests(found),
        models={name: _cells(models_table(d)) for name, d in found["datasets"].items()},
        curses={name: _curses(d) for name, d in found["datasets"].items()},
        winners={name: _winners(d) for name, d in found["datasets"].items()},
        contrasts=_cells(contrasts_table(found)),
        plotly=Markup(get_plotlyjs()),
    )


def forests(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return title and figure (as JSON) of a forest plot for each data set and measure."""
    plots: list[dict[str, Any]] = []
    for dataset in found["datasets"]:
        for measure in MEASURES.values():
            rows = [
                row
                for row in found["contrasts"]
                if row["dataset"] == dataset and row["measure"] == measure.name and row["in_family"]
            ]
            if not rows:
                continue
            side = "right" if measure.more_is_better else "left"
            plots.append(
                {
                    "id": f"forest-{len(plots)}",
                    "title": f"{dataset}: {measure.words}",
                    "remark": f"better is to the {side}; 95 % intervals",
                    "figure": Markup(forest(rows, leaking_models(found)).to_json()),
                }
            )
    return plots


def forest(rows: list[dict[str, Any]], leaking: set[str]) -> go.Figure:
    """Return a forest plot: a line a contrast, its interval, and where no difference lies."""
    figure = go.Figure()
    several = len({row["budget"] for row in rows}) > 1
    names = [_row_name(row, leaking, several) for row in rows]
    for kind, colour in (("leak", LEAK), ("shown", BEST), ("other", PLAIN_COLOUR)):
        mine = [i for i, row in enumerate(rows) if _kind(row, leaking) == kind]
        if not mine:
            continue
        picked = [rows[i] for i in mine]
        figure.add_scatter(
            x=[row["mean"] for row in picked],
            y=[names[i] for i in mine],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [row["high"] - row["mean"] for row in picked],
                "arrayminus": [row["mean"] - row["low"] for row in picked],
                "thickness": 1.5,
            },
            mode="markers",
            marker={"color": colour, "size": 8},
            name={"leak": "leaks", "shown": "Holm p < .05", "other": "not shown"}[kind],
            hovertext=[_hover(row) for row in picked],
            hoverinfo="text",
        )
    figure.add_vline(x=0, line={"color": QUIET, "width": 1, "dash": "dot"})
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    return finish(figure, 110 + ROW_HEIGHT * len(rows))


def _row_name(row: dict[str, Any], leaking: set[str], several: bool) -> str:
    budget = f" · by {row['budget']}" if several else ""
    return escape(f"{contrast_name(row, leaking)} · {row['group']}{budget}")


def _kind(row: dict[str, Any], leaking: set[str]) -> str:
    if row["variant"] in leaking:
        return "leak"
    return "shown" if row["verdict"] in ("better", "worse") else "other"


def _hover(row: dict[str, Any]) -> str:
    lines = [
        f"<b>{escape(row['variant'])} − {escape(row['reference'])}</b>",
        f"{signed(row['mean'])} ({signed(row['low'])} … {signed(row['high'])})",
        f"{row['n']:,} users, Holm p {row['p_holm']:.3f}",
        escape(row["verdict"] or "no verdict"),
    ]
    return "<br>".join(lines)


def _cells(frame: pd.DataFrame) -> dict[str, Any]:
    """Return heads and rows of a table, a row marked if it is of a leaking model."""
    rows = [[str(cell) for cell in row] for row in frame.to_numpy().tolist()]
    return {
        "heads": [str(name) for name in frame.columns],
        "rows": [{"cells": row, "leaks": any(LEAK_MARK in cell for cell in row)} for row in rows],
    }


def _curses(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    """Return of each winner the search's dev score and what fresh trainings score."""
    lines = [line for line in dataset["lines"] if line.get("curse")]
    return [
        {"model": model_name(line), "budget": line["budget"], **line["curse"]} for line in lines
    ]


def _winners(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what each search found in each budget, in the order of the budgets."""
    lines = [line for line in dataset["lines"] if line["budget"] is not None]
    lines.sort(key=lambda line: BUDGETS.index(line["budget"]))
    return [{**line, "model": model_name(line)} for line in lines]
