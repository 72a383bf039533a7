"""What the commands that use a model show on a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from recsae.report.summary import concept_lines
from recsae.report.terminal import plain_table

MOST_ROWS = 50
"""Rows of a long table; --json and -o have all of them."""


def recommendation_tables(outcome: dict[str, Any]) -> Iterator[Any]:
    """Return the ranking of each user."""
    yield _head(outcome)
    yield from _long(outcome["recommendations"])


def steering_tables(outcome: dict[str, Any]) -> Iterator[Any]:
    """Return what changed for all users together, and for those who were named."""
    yield _head(outcome)
    users = f"{outcome['changed']:.1%} of {outcome['users']:,} users"
    kept = f"{outcome['kept']:.1%} of those items stay"
    what = f"latent {outcome['latent']} {outcome['by']:+g}"
    yield f"{what}: the {outcome['k']} best items change for {users}; {kept}"
    if "changes" in outcome:
        yield from _long(outcome["changes"])
        return
    for end in ("more", "less"):
        if outcome[end]:
            yield f"in {end} lists:"
            rows = [
                {**row, "title": outcome["titles"].get(str(row["item"]))} for row in outcome[end]
            ]
            yield _table(rows if outcome["titles"] else outcome[end])


def latent_tables(outcome: dict[str, Any], top: int) -> Iterator[Any]:
    """Return the most active latents, or all that is known of one."""
    yield _head(outcome)
    titles = outcome["titles"]
    if "contexts" in outcome:
        for name in ("density", "mean", "max", "dead", "match"):
            if name in outcome:
                yield f"{name}: {_cell(outcome[name])}"
        for name in ("after", "before", "tags", "raises", "lowers"):
            yield f"{name}: {_items(outcome[name], titles)}"
        yield from ([_table(outcome["attributes"])] if outcome["attributes"] else [])
        yield _table(
            {
                **row,
                "history": _items(row["history"], titles),
                "next_item": _items([row["next_item"]], titles),
            }
            for row in outcome["contexts"]
        )
        return
    tagged = any(row["tags"] for row in outcome["latents"])
    rows = sorted(outcome["latents"], key=lambda row: -row["density"])
    names = ("latent", "density", "mean", "after", "before", *(["tags"] if tagged else []))
    yield _table(
        {
            name: _items(row[name][:3], titles) if isinstance(row[name], list) else row[name]
            for name in names
        }
        for row in rows[:top]
    )
    yield from concept_lines(outcome["concepts"])
    dead = sum(row["dead"] for row in rows)
    yield f"{len(rows):,} latents, {dead:,} of them dead; shown: {min(top, len(rows)):,}"
    if "html" in outcome:
        yield f"page: {escape(outcome['html'])}"


def _head(outcome: dict[str, Any]) -> str:
    words = f"{outcome['model_name']} on {outcome['dataset']}, k {outcome['sae_k']}"
    leak = "it leaks: these are not scores of the code alone\n" if outcome["leaks"] else ""
    return f"{words}\n{leak}{outcome['model']}"


def _long(rows: Sequence[dict[str, Any]]) -> Iterator[Any]:
    if rows:
        yield _table(rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        yield f"… {len(rows) - MOST_ROWS:,} rows more: --json or -o FILE has them"


def _table(rows: Iterable[dict[str, Any]]) -> Table:
    table = plain_table()
    for row in rows:
        if not table.columns:
            for name, value in row.items():
                number = isinstance(value, int | float)
                table.add_column(name, justify="right" if number else "left", overflow="fold")
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    return table


def _items(items: Sequence[Any], titles: dict[str, str]) -> str:
    return "; ".join(titles.get(str(item), str(item)) for item in items)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)
