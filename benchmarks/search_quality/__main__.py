"""Holds the contest that plan.py lays down and writes its page.

    python -m benchmarks.search_quality [--json] [--quick] [--slow] [--tables T …] [--to FOLDER]

Without --quick it writes results/ and the figures in README.md beside this file. With --contests
orders alone it leaves the others' figures as they are, and the other way round.
"""

import argparse
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.search_quality.contest import possible, run_all, run_one, tasks
from benchmarks.search_quality.orders import ORDERS, batches, run_batch
from benchmarks.search_quality.plan import METHODS, SEEDS, STOCK
from benchmarks.search_quality.report.findings import (
    findings,
    orders_found,
    table_facts,
    without_curves,
)
from benchmarks.search_quality.report.page import markdown, page
from benchmarks.search_quality.tables import HERE, TABLES
from recsae.errors import RecsaeError
from recsae.files import read_json, write_whole
from recsae.progress import say

RESULTS = HERE / "results"
SLOW = RESULTS / "slow.parquet"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
CONTESTS = ("orders", *METHODS)
WRITTEN = ({"orders"}, {*METHODS}, {*CONTESTS})
"""Contests whose figures are written together."""
QUICK = ("random", STOCK, "tpe + asha", "tpe + asha, expected")
QUICK_TABLES = 2
"""Of any setting; recorded orders take all tables."""


def main() -> None:
    """Run what is asked for, and write or print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as one object")
    parser.add_argument("--quick", action="store_true", help="2 seeds of a few methods")
    parser.add_argument("--slow", action="store_true", help="the methods that take long, too")
    parser.add_argument("--tables", nargs="+", choices=TABLES, help="default: all that are there")
    parser.add_argument("--methods", nargs="+", default=[], help="only these, by name")
    parser.add_argument("--contests", nargs="+", choices=CONTESTS, default=CONTESTS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--orders", type=int, default=ORDERS, help="of the recorded settings")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--to", type=Path, help="folder of the page; nothing else is changed")
    options = parser.parse_args()
    tables = options.tables or [name for name, table in TABLES.items() if table.file.exists()]
    if not tables:
        raise RecsaeError("no table is recorded yet: python -m benchmarks.search_quality.record")
    names = QUICK if options.quick else tuple(options.methods)
    seeds = 2 if options.quick else options.seeds
    orders = 60 if options.quick else options.orders
    found: dict[str, Any] = {}
    if "orders" in options.contests:
        again = run_all(run_batch, list(batches(tables, orders)), options.processes)
        found["orders"] = orders_found(pd.concat(again, ignore_index=True))
    if options.quick and not options.tables:
        tables = tables[:QUICK_TABLES]
    frame = None
    todo = list(tasks(tables, seeds, options.slow, names, options.contests))
    if todo:
        facts = run_all(table_facts, tables, options.processes)
        frame = pd.concat(run_all(run_one, todo, options.processes), ignore_index=True)
        frame = with_slow(frame, options.slow, names)
        found |= findings(frame, dict(zip(tables, facts, strict=True)))
    part = options.quick or names or options.tables or options.seeds != SEEDS
    part = part or options.orders != ORDERS or set(options.contests) not in WRITTEN
    if options.to or not part:
        write(frame, found, options.to or RESULTS, whole=options.to is None)
    if options.json:
        print(json.dumps({name: without_curves(part) for name, part in found.items()}))
    else:
        print(markdown(found))


def with_slow(frame: pd.DataFrame, ran: bool, asked: Sequence[str]) -> pd.DataFrame:
    """Return the runs with those of the slow methods: stored ones, unless they have just run.

    If methods are `asked` for by name, no others are added.
    """
    if ran:
        names = [method.name for method in METHODS["one"] if method.slow]
        slow = frame[frame["method"].isin(names)]
        write_whole(SLOW, slow.astype({"missed": "float32"}).to_parquet(index=False))
        return frame
    if not SLOW.exists():
        return frame
    stored = pd.read_parquet(SLOW)
    if asked:
        stored = stored[stored["method"].isin(asked)]
    known = frame[["contest", "table", "seed"]].drop_duplicates()
    return pd.concat([frame, stored.merge(known)], ignore_index=True)


def write(frame: pd.DataFrame | None, found: dict[str, Any], folder: Path, whole: bool) -> None:
    """Write the page and its figures, beside those of other contests; if `whole`, in README.md too.

    frame: the runs; None if there were orders alone.
    """
    summary = folder / "summary.json"
    found = (read_json(summary) if summary.exists() else {}) | found
    write_whole(folder / "page.html", page(found))
    write_whole(summary, json.dumps(found, indent=1) + "\n")
    if frame is not None:
        ends = {table: facts["budgets"] for table, facts in found["tables"].items()}
        kept = [
            np.isclose(at, ends[t]).any() for t, at in zip(frame["table"], frame["at"], strict=True)
        ]
        write_whole(folder / "runs.csv", frame[kept].round(6).to_csv(index=False))
        say_what_is_left_out()
    if whole:
        readme = (HERE / "README.md").read_text()
        before, rest = readme.split(BEGIN)
        after = rest.split(END)[1]
        write_whole(HERE / "README.md", f"{before}{BEGIN}\n{markdown(found)}{END}{after}")


def say_what_is_left_out() -> None:
    """Say which methods need a package that is not installed."""
    for contest in METHODS.values():
        for method in contest:
            if not possible(method):
                say(f"{method.name}: left out, its package is not installed")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
