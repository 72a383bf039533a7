"""What a trial reports to the search: made and read here alone.

Ray keeps statistics of every number in a result, for each trial and for ever. So the report
travels as one text, beside the few keys that Ray itself needs.
"""

import json
import math
import re
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from recsae.results import DEV, TRAIN

TOLD = "told"
DONE = "done"
LONGEST = 300
"""Characters of an error."""


class EpochReport(NamedTuple):
    """What a trial tells of an epoch, or of its failure."""

    epochs: int
    seconds: float
    """Wall seconds of the trial so far."""
    metrics: dict[str, float | None]
    error: str | None = None
    crowded: bool = False
    """Whether the error is that a GPU's memory is full: with fewer beside it, it may fit."""

    def packed(self, done: bool) -> dict[str, Any]:
        """Return it as a result for Ray; `done`: nothing follows."""
        return {TOLD: json.dumps(self), DONE: done}

    @classmethod
    def unpacked(cls, result: Mapping[str, Any]) -> "EpochReport":
        """Take it out of a result."""
        epochs, seconds, metrics, error, crowded = json.loads(result[TOLD])
        # The history keeps all metrics: let them share their names.
        named = {sys.intern(name): value for name, value in metrics.items()}
        return cls(epochs, seconds, named, error, crowded)


def check_objectives(
    metrics: Mapping[str, float | None], objectives: Mapping[str, str], epochs: int
) -> None:
    """Raise ValueError if an objective is missing or not finite."""
    for name in objectives:
        value = metrics.get(name)
        if value is None or not math.isfinite(value):
            raise ValueError(f"the objective {name} is {value} after epoch {epochs}")


def metric_columns(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return metrics under the names of their columns: dev/…, and train/… as they are."""
    return {k if k.startswith(TRAIN) else DEV + k: v for k, v in metrics.items()}


def memory_is_full(error: BaseException) -> bool:
    """Return True if an exception says that the memory of a GPU, not of the host, is full."""
    return type(error).__name__ == "OutOfMemoryError" or bool(_FULL.search(str(error)))


def why_given_up(told: str, times: int) -> str:
    """Return in one line why Ray gave a trial up after `times` losses; told: its errors' file."""
    failures = _FAILURE.split(told)
    lines = failures[-1].strip().splitlines() or [""]
    if "creation task" in lines[0]:
        return f"its process cannot start: {lines[-1].strip()}"[:LONGEST]
    if len(failures) == 1 or _LOST.search(lines[0]):
        return f"lost {times} times: its process or its node died"
    return lines[-1].strip()[:LONGEST]


_FAILURE = re.compile(r"^Failure # \d+ .*$", re.MULTILINE)  # as Tune heads each in the file
_FULL = re.compile(r"CUDA (error: )?out of memory|CU[A-Z]+_STATUS_ALLOC_FAILED")
_LOST = re.compile(r"actor .*(died|dead|unavailable)", re.IGNORECASE)


def one_line(error: BaseException) -> str:
    """Return an exception's type and message as one line of at most LONGEST characters."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:LONGEST] if text else type(error).__name__
