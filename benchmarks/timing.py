"""Times two ways of doing the same work in turn, so that a machine's drift hits both alike."""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any


def seconds(work: Callable[[], Any]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(ours: Callable[[], Any], other: Callable[[], Any], runs: int = 7) -> dict[str, float]:
    """Run A B A B …, after one of each to warm up; return medians and the median pairwise ratio."""
    ours(), other()
    pairs = [(seconds(ours), seconds(other)) for _ in range(runs)]
    ratios = sorted(b / a for a, b in pairs)
    return {
        "ours_ms": 1e3 * statistics.median(a for a, _ in pairs),
        "other_ms": 1e3 * statistics.median(b for _, b in pairs),
        "times_faster": statistics.median(ratios),
        "least": ratios[0],
        "most": ratios[-1],
    }


def asks_for_json(about: str | None) -> bool:
    """Read the command line of a benchmark whose only flag is --json."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object, not a table")
    return bool(parser.parse_args().json)


def show(title: str, rows: list[dict[str, Any]], as_json: bool) -> None:
    """Print a table of results, or one JSON object."""
    if as_json:
        print(json.dumps({"benchmark": title, "rows": rows}))
        return
    print(title)
    for row in rows:
        cells = (f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
        print("  " + "   ".join(cells))
