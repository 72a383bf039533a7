"""What `whatif` found, as tables on the terminal: in the run's order, and over random orders."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from recsae.report.formats import NOTHING, duration, share, spread, value
from recsae.report.terminal import plain_table
from recsae.results import DEV

OWN: Final = "*"
"""Beside the scheduler that the run had."""
MOST_NAMED: Final = 6
"""Unknown trials that are named in a line."""


def prediction_tables(outcome: Mapping[str, Any]) -> list[Any]:
    """Return the tables of an outcome of `whatif`, with the lines that explain them."""
    names = list(outcome["objectives"])
    value_name = names[0] if len(names) == 1 else "hypervolume"
    found = outcome["predictions"]
    counts = f"{outcome['trials']} trials, {outcome['workers']} at once"
    shown: list[Any] = [_own_order(f"{outcome['run']}: {counts}", value_name, found)]
    if found[0]["orders"]:
        shown.append(_orders(value_name, found))
    return [*shown, *(escape(line) for line in _lines(outcome, value_name))]


def _own_order(title: str, value_name: str, found: Sequence[Mapping[str, Any]]) -> Table:
    heads = ("scheduler", "epochs", "of all", "time", "answer", value_name, "rank", "regret")
    table = _table(f"{title}, in the run's order", (*heads, "unknown"))
    for one in found:
        least = "≥ " if one["unknown"] else ""
        figures = [f"{least}{one['epochs']}", share(one["share"]), least + duration(one["seconds"])]
        row = [_name(one), *figures, *_answer(one["answer"], value_name), _unknown(one["unknown"])]
        table.add_row(*map(escape, row))
    return table


def _answer(answer: Mapping[str, Any] | None, value_name: str) -> list[str]:
    if answer is None:
        return [NOTHING] * 4
    rank = NOTHING if answer["rank"] is None else str(answer["rank"])
    figures = [value(DEV + value_name, answer[key]) for key in ("value", "regret")]
    return [", ".join(map(str, answer["trials"])), figures[0], rank, figures[1]]


def _unknown(trials: Sequence[int]) -> str:
    if not trials:
        return "0"
    more = ", …" if len(trials) > MOST_NAMED else ""
    return f"{len(trials)} ({', '.join(map(str, trials[:MOST_NAMED]))}{more})"


def _orders(value_name: str, found: Sequence[Mapping[str, Any]]) -> Table:
    heads = ("scheduler", "epochs", "time", value_name, "rank", "regret", "answers", "unknown in")
    title = f"over {found[0]['orders']['count']} random orders: mean [95 % of the orders]"
    table = _table(title, heads)
    for one in found:
        orders = one["orders"]
        names = {"epochs": "epochs", "seconds": "seconds"}
        names |= {"value": DEV + value_name, "rank": "rank", "regret": DEV + value_name}
        cells = [NOTHING if orders[k] is None else spread(n, orders[k]) for k, n in names.items()]
        counts = [f"{orders[key]}" for key in ("answers", "with_unknown")]
        table.add_row(*map(escape, [_name(one), *cells, *counts]))
    return table


def _lines(outcome: Mapping[str, Any], value_name: str) -> list[str]:
    best, found = outcome["recorded"]["answer"], outcome["predictions"]
    lines = [f"{OWN} the run's own scheduler"] if any(one["own"] for one in found) else []
    if best is None:
        lines.append("no recorded trial is complete and may be best, so nothing is an answer")
    elif len(outcome["objectives"]) > 1:
        lines.append(f"{value_name}: as a share of that of the run's front, {best['trials']}")
    else:
        figure = value(DEV + value_name, best["value"])
        lines.append(f"best of the recorded trials: {best['trials'][0]}, {value_name} {figure}")
    if any(one["unknown"] for one in found):
        lines.append(
            "unknown: trials that would be trained farther than they were; nothing of that is "
            "guessed, so the answer may change, and epochs and time leave it out"
        )
    return [*lines, *outcome["notes"]]


def _name(one: Mapping[str, Any]) -> str:
    return f"{one['scheduler']} {OWN}" if one["own"] else str(one["scheduler"])


def _table(title: str, heads: Sequence[str]) -> Table:
    table = plain_table(title=escape(title))
    for head in heads:
        table.add_column(head, justify="left" if head in ("scheduler", "unknown") else "right")
    return table
