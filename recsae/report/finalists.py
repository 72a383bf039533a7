"""Finalists in words: their scores in the search, and in fresh trainings."""

from collections.abc import Iterable, Mapping
from typing import Any

from recsae.report.formats import spread, value
from recsae.results import Columns

HELP = (
    "The best of many noisy scores was also the luckiest: each finalist was trained anew with "
    "other seeds, and the best of those means wins. How much better it looked in the search is "
    "what luck gave it; intervals are 95 % over the seeds."
)


def finalist_lines(scores: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line a finalist and objective for a terminal."""
    lines = []
    for one in scores:
        wins = ", wins" if one.get("wins") else ""
        head = f"  trial {one[Columns.TRIAL_ID]}, {seeds_words(one)}{wins}"
        for name, figures in one["metrics"].items():
            lines.append(
                f"{head}: dev {name} {value(name, figures['searched'])} in the search, "
                f"{spread(name, figures['dev'])} anew; "
                f"test {spread(name, figures['test'])}"
            )
    return ["finalists, trained anew (95 % over seeds):", *lines] if lines else []


def optimism_lines(optimism: Mapping[str, float | None]) -> list[str]:
    """Return a line an objective: how much the search flattered its finalists, on average."""
    return [
        f"  the search made them look better than they are by {value(name, by)} {name} on average"
        for name, by in optimism.items()
        if by is not None
    ]


def seeds_words(one: Mapping[str, Any]) -> str:
    """Return with how many seeds a finalist was trained, and how often that failed."""
    number, failed = one["seeds"], one["failed"]
    text = f"{number} seed" + ("s" if number != 1 else "")
    return f"{text}, {failed} failed" if failed else text
