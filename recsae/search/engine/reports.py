"""What a trial reports to the search: one record, packed for Ray and for the journal.

Ray keeps statistics of every number in a result, for each trial and for ever. So the report
travels as one text, beside the few keys that Ray itself needs.
"""

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from recsae.results import DEV, TRAIN

REPORT = "report"
DONE = "done"
LADDER = "ladder"
"""Key of a report's ladder in the journal, where it has one."""
LONGEST = 300
"""Characters of an error."""


class Report(NamedTuple):
    """What a trial reports of an epoch, or of its failure."""

    epochs: int
    """Epochs trained so far."""
    seconds: float
    """Wall seconds that the trial has spent so far. Nothing that decides may use them: they differ
    from run to run, and a resumed search would differ from one that was never stopped."""
    metrics: Mapping[str, float | None]
    """Dev metrics under flat names, the terms of the loss as train/…"""
    error: str | None = None
    """Why it failed, in one line."""
    out_of_memory: bool = False
    """Whether the error is that a GPU's memory is full: with fewer trials beside it, it may fit."""
    ladder: Sequence[Mapping[str, Any]] = ()
    """Of a trial that offers several k to the front, with its last report: dev metrics under flat
    names and "k", a row a k."""
    fault: str = ""
    """Which fault of the machine the error is, see `recsae.errors`; "" if it is the trial's own."""

    def packed(self, done: bool) -> dict[str, Any]:
        """Return it as a result for Ray; `done`: nothing follows."""
        return {REPORT: json.dumps(self), DONE: done}

    @classmethod
    def unpacked(cls, result: Mapping[str, Any]) -> Self:
        """Return the report that a result of Ray holds."""
        epochs, seconds, metrics, error, full, ladder, fault = json.loads(result[REPORT])
        # The history keeps all metrics: let them share their names.
        named = {sys.intern(name): value for name, value in metrics.items()}
        return cls(epochs, seconds, named, error, full, tuple(ladder), fault)

    def values(self) -> dict[str, Any]:
        """Return what the journal keeps of it; a failure is an event of another kind."""
        found = {"epochs": self.epochs, "seconds": self.seconds, "metrics": dict(self.metrics)}
        return {**found, **({LADDER: [*self.ladder]} if self.ladder else {})}

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Return the report that an event of the journal holds."""
        ladder = tuple(event.get(LADDER, ()))
        return cls(event["epochs"], event["seconds"], event["metrics"], ladder=ladder)


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


def why_given_up(errors: str, times: int) -> str:
    """Return in one line why Ray gave a trial up after `times` losses.

    errors: what Tune wrote into the trial's file of errors.
    """
    failures = _FAILURE.split(errors)
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
