"""Errors of failed trials: which are alike, and how many trials have each."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from recsae.results.columns import Columns, States
from recsae.space import SearchSpace

UNKNOWN: Final = "no message"
FEWEST_COMPLETE: Final = 4
"""With several objectives, fewer complete trials than these are too few for a front."""
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)


def kind_of(error: str | None) -> str:
    """Return an error without its numbers: a rate, a size or an epoch makes no other error."""
    return _NUMBER.sub("#", error or UNKNOWN)


def failures(trials: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each kind of error: its first text, how many trials failed with it, and which.

    The commonest comes first.
    """
    failed = trials[trials[Columns.STATE] == States.FAILED]
    found: dict[str, dict[str, Any]] = {}
    for number, text in zip(failed[Columns.TRIAL_ID], failed[Columns.ERROR], strict=True):
        error = UNKNOWN if pd.isna(text) else str(text)
        kind = found.setdefault(kind_of(error), {"error": error, "count": 0, "trials": []})
        kind["count"] += 1
        kind["trials"].append(int(number))
    return sorted(found.values(), key=lambda kind: -kind["count"])


def failure_line(counts: Mapping[str, int], errors: list[dict[str, Any]]) -> str | None:
    """Return in one line how many trials failed, and the commonest error; None if none did.

    counts: trials by state; errors: those of `failures`.
    """
    if not errors:
        return None
    failed, (first, *rest) = counts[States.FAILED], errors
    times = "once" if first["count"] == 1 else f"{first['count']} times"
    others = f"; {len(rest)} other error{'s' * (len(rest) > 1)}" if rest else ""
    of_all = f"{failed} of {sum(counts.values())} trials FAILED"
    return f"{of_all}, {times} with: {first['error']}{others}"


def without_result(counts: Mapping[str, int]) -> bool:
    """Return True if no trial is COMPLETE or PRUNED, so that a search has found nothing."""
    return not counts.get(States.COMPLETE, 0) and not counts.get(States.PRUNED, 0)


def few_complete(found: Mapping[str, Any], space: SearchSpace, over: str | None) -> dict[str, str]:
    """Return what to tell of a search whose front is too small to be one: "few", or nothing.

    `over`: which budget beside the number of trials ended it.
    """
    complete, objectives = found["trials"][States.COMPLETE], len(space.objectives)
    if objectives < 2 or complete >= FEWEST_COMPLETE or without_result(found["trials"]):
        return {}
    more = f" {' '.join(space.more)} goes on"
    if over is not None and space.trials == space.search.trials:
        more = f" goes on, given more of what ended it ({over})"
    words = f"{complete} COMPLETE are few for a front of {objectives} objectives"
    return {"few": f"{words}: recsae tune --resume {found['run']} --extend{more}"}
