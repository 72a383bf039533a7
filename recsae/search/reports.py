"""What a trial reports to the search: plain values under a few keys, made and read here alone."""

import math
from collections.abc import Mapping
from typing import Any

from recsae.results import DEV, TRAIN, Columns, States

METRICS = "metrics"
OBJECTIVE = "objective"
"""The one objective, its sign such that more is better; absent when there are several."""
DONE = "done"
WORST = -1e9
"""What a scheduler sees of a trial that leaks: worse than any objective, yet finite."""


def epoch_report(
    epochs: int,
    seconds: float,
    metrics: Mapping[str, float | None],
    objectives: Mapping[str, str],
    done: bool,
) -> dict[str, Any]:
    """Return the report of an epoch; ValueError if an objective is missing or not finite."""
    values = [_finite(name, metrics, epochs) for name in objectives]
    report = {
        Columns.STATE: str(States.COMPLETE if done else States.RUNNING),
        Columns.EPOCHS: epochs,
        Columns.SECONDS: seconds,
        METRICS: dict(metrics),
        DONE: done,
    }
    if len(values) == 1:
        sign = -1.0 if "min" in objectives.values() else 1.0
        report[OBJECTIVE] = WORST if metrics.get("leak") else sign * values[0]
    return report


def failure_report(epochs: int, seconds: float, error: str) -> dict[str, Any]:
    """Return the report of a trial that cannot go on."""
    return {
        Columns.STATE: str(States.FAILED),
        Columns.EPOCHS: epochs,
        Columns.SECONDS: seconds,
        Columns.ERROR: error,
        DONE: True,
    }


def metrics_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics of a report, as a trial made it or as Ray flattens it."""
    if METRICS in result:
        return dict(result[METRICS])
    prefix = f"{METRICS}/"
    return {k.removeprefix(prefix): v for k, v in result.items() if k.startswith(prefix)}


def metric_columns(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return metrics under the names of their columns: dev/…, and train/… as they are."""
    return {k if k.startswith(TRAIN) else DEV + k: v for k, v in metrics.items()}


def one_line(error: BaseException) -> str:
    """Return an exception's type and message as one line of at most 300 characters."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def _finite(name: str, metrics: Mapping[str, float | None], epochs: int) -> float:
    value = metrics.get(name)
    if value is None or not math.isfinite(value):
        raise ValueError(f"the objective {name} is {value} after epoch {epochs}")
    return float(value)
