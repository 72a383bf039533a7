"""What `data describe` prints: a table of facts and one of splits."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from recsae.report.datasets.facts import fact_rows, split_rows
from recsae.report.terminal import plain_table


def described_tables(outcome: Mapping[str, Any]) -> list[Any]:
    """Return tables of what a data set is and of its splits, and the line after them."""
    page = outcome.get("page")
    line = f"plots: {page}" if page else "plots: -o FILE.html writes them"
    return [_facts(outcome), _splits(outcome["splits"]), escape(line)]


def _facts(outcome: Mapping[str, Any]) -> Table:
    table = _table("", outcome["name"])
    for name, text in fact_rows(outcome).items():
        table.add_row(f"[dim]{escape(name)}[/dim]", escape(text))
    return table


def _splits(splits: Mapping[str, Mapping[str, Any]]) -> Table:
    table = _table("", *splits)
    for name, cells in split_rows(splits).items():
        table.add_row(f"[dim]{escape(name)}[/dim]", *map(escape, cells))
    return table


def _table(*heads: str) -> Table:
    table = plain_table()
    for head in heads:
        table.add_column(escape(head), overflow="fold")
    return table
