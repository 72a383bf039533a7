"""The files of a finished comparison, and what it prints; no torch, no ray."""

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from comparison.report.page import render
from comparison.report.tables import (
    LEAK_MARK,
    contrasts_table,
    family_line,
    flat_lines,
    head_lines,
    markdown,
    models_table,
)
from recsae.errors import RecsaeError
from recsae.files import read_json, whole, write_json, write_whole

JSON, PAGE, MARKDOWN = "comparison.json", "comparison.html", "comparison.md"
ANY_WIDTH = 1000
FIRST_TO_GO = (
    *("FVU code", "dead", "cold rank", "± bases", "FVU", "agreement", "± seeds", "± users"),
    *("sparse users", "cold HR@50", "search's dev", "fresh dev", "95 % interval", "n", "data"),
)
"""Columns that a narrow terminal does without; the files have all of them."""
LINES, CONTRASTS = "models.csv", "contrasts.csv"


def write_outputs(found: dict[str, Any], out: Path) -> None:
    """Write the JSON, the tables and the page."""
    write_json(out / JSON, found)
    write_page(found, out)


def read_outcome(out: Path) -> dict[str, Any]:
    """Read the JSON of a finished comparison; raises RecsaeError if it is damaged or not there."""
    if not (out / JSON).exists():
        raise RecsaeError(f"{out}: no finished comparison; expected {JSON} in it")
    with whole(out / JSON):
        return dict(read_json(out / JSON))


def write_page(found: dict[str, Any], out: Path) -> None:
    """Write all that is made of the JSON."""
    write_whole(out / MARKDOWN, markdown(found))
    write_whole(out / LINES, flat_lines(found).to_csv(index=False))
    write_whole(out / CONTRASTS, pd.DataFrame(found["contrasts"]).to_csv(index=False))
    write_whole(out / PAGE, render(found))


class Content(NamedTuple):
    """A table that still has all its columns."""

    title: str
    frame: pd.DataFrame


def shown(found: dict[str, Any], out: Path) -> list[str | Content]:
    """Return lines and tables for a terminal."""
    parts: list[str | Content] = [*head_lines(found), ""]
    parts += [Content(name, models_table(dataset)) for name, dataset in found["datasets"].items()]
    tests = Content("contrasts", contrasts_table(found, everything=False))
    return [*parts, tests, family_line(found), str(out / PAGE)]


def print_outcome(found: dict[str, Any], out: Path) -> None:
    """Print the tables; where nobody looks at a screen, all columns have room."""
    console = Console()
    wide = console if console.is_terminal else Console(width=ANY_WIDTH)
    for part in shown(found, out):
        if isinstance(part, Content):
            wide.print(_fitting(part, wide))
        else:
            wide.print(part, soft_wrap=True, markup=False, highlight=False)


def _fitting(content: Content, console: Console) -> Table:
    """Return a table without the columns that the terminal has no room for."""
    frame, left_out = content.frame, [name for name in FIRST_TO_GO if name in content.frame]
    table, room = _table(frame, content.title), console.options.update(width=ANY_WIDTH)
    while left_out and Measurement.get(console, room, table).maximum > console.width:
        frame = frame.drop(columns=left_out.pop(0))
        table = _table(frame, content.title)
    return table


def _table(frame: pd.DataFrame, title: str) -> Table:
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in frame.columns:
        texts = name in ("model", "contrast", "data", "tuned in", "group", "measure", "verdict")
        table.add_column(str(name), justify="left" if texts else "right", no_wrap=not texts)
    for row in frame.to_numpy().tolist():
        leaking = any(LEAK_MARK in str(cell) for cell in row)
        table.add_row(*(escape(str(cell)) for cell in row), style="yellow" if leaking else "")
    return table
