"""What `data describe` prints: a table of facts and one of splits."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from recsae.report.data_words import SPLIT_HEADS, fact_rows, split_rows


def described_tables(outcome: Mapping[str, Any]) -> list[Any]:
    """Return tables of what a data set is and of its splits, and the line after them."""
    page = outcome.get("page")
    told = f"plots: {page}" if page else "plots: -o FILE.html writes them"
    return [_facts(outcome), _splits(outcome["splits"]), escape(told)]


def _facts(outcome: Mapping[str, Any]) -> Table:
    table = _table("", title=outcome["name"])
    table.show_header = False
    table.add_column()
    for name, text in fact_rows(outcome).items():
        table.add_row(f"[dim]{escape(name)}[/dim]", escape(text))
    return table


def _splits(splits: Mapping[str, Mapping[str, Any]]) -> Table:
    table = _table(*SPLIT_HEADS)
    for column in table.columns[1:6]:
        column.justify = "right"
    for name, *cells in split_rows(splits):
        texts = [escape(cell) for cell in cells]
        wide = len(texts) == len(SPLIT_HEADS) - 1
        table.add_row(escape(name), *(texts if wide else [""] * (len(SPLIT_HEADS) - 2) + texts))
    return table


def _table(*heads: str, title: str | None = None) -> Table:
    table = Table(
        title=None if title is None else escape(title),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for head in heads:
        table.add_column(head, overflow="fold")
    return table
