"""Runs, cached entries and the machine, as the terminal lists them."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from recsae.report.formats import NOTHING, duration, value
from recsae.report.terminal import plain_table


def runs_table(outcome: Mapping[str, Any]) -> Table:
    """Return the table of `runs`."""
    table = _table(f"runs in {outcome['storage']}", "run", "data", "state", "trials", "best", "age")
    for run in outcome["runs"]:
        if "trials" not in run:
            table.add_row(escape(run["run"]), "", run["state"], escape(run["error"]), "", "")
            continue
        done = sum(count for state, count in run["trials"].items() if state not in _GOING)
        cells = (run["run"], str(run["dataset"]), run["state"], f"{done} of {run['wanted']}")
        table.add_row(*map(escape, cells), escape(_best(run)), f"{duration(run['age'])} ago")
    return table


def cache_table(outcome: Mapping[str, Any]) -> Table:
    """Return the table of `cache list`."""
    title = f"{outcome['cache']}: {outcome['bytes'] / 1e6:.1f} MB"
    table = _table(title, "kind", "key", "data", "MB", "used by")
    for one in outcome["entries"]:
        used = ", ".join(one["used_by"]) or "nothing"
        size = f"{one['bytes'] / 1e6:.1f}"
        table.add_row(*map(escape, (one["kind"], one["key"], one["dataset"] or "", size, used)))
    return table


def doctor_lines(outcome: Mapping[str, Any]) -> list[str]:
    """Return the lines of `doctor`."""
    versions = [f"{name} {version or NOTHING}" for name, version in outcome["versions"].items()]
    gpus = [f"{gpu['name']} ({_gigabytes(gpu['memory'])})" for gpu in outcome["gpus"]]
    free, total = (_gigabytes(outcome["memory"].get(key)) for key in ("free", "total"))
    lines = [
        f"versions       {', '.join(versions)}",
        f"cores          {outcome['cores']}",
        f"memory         {free} free of {total}",
        f"/dev/shm       {_gigabytes(outcome['shared_memory'])} free",
        f"GPUs           {', '.join(gpus) or 'none that torch can use'}",
    ]
    for name in ("cache", "storage"):
        place = outcome["places"][name]
        lines.append(f"{name:<15}{place['path']}, {_gigabytes(place['free'])} free")
    lines.append(f"own data       {outcome['places']['data'] or 'RECSAE_DATA_DIR is not set'}")
    missing = outcome["missing"]
    return [*lines, *(f"missing        {line}" for line in missing or ["nothing"])]


_GOING = ("RUNNING", "PAUSED")


def _best(run: Mapping[str, Any]) -> str:
    if run["best"] is None:
        return NOTHING
    if run["points"] is not None:
        return f"{run['points']} on the front"
    return ", ".join(f"{name} {value(name, item)}" for name, item in run["best"].items())


def _table(title: str, *heads: str) -> Table:
    table = plain_table(title=escape(title))
    for head in heads:
        right = head in ("MB", "age")
        table.add_column(head, justify="right" if right else "left", overflow="fold")
    return table


def _gigabytes(size: int | None) -> str:
    return NOTHING if size is None else f"{size / 1e9:.1f} GB"
