"""What a report's settings would score with another seed, told from all reports so far.

Schedulers and samplers compare these values where trials may stop or pause, and at their ends; a
value stays as it was told then, and the journal keeps it, so that a replay decides alike.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from recsae.results.expected import QUIET, Array, expected, quiet_measures
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import Report

LATEST: Final = 96
"""Trials of a model that a value is told from: time grows with their number cubed."""
NOTHING: Final[Mapping[str, tuple[float, float]]] = {}


@dataclass(frozen=True)
class ExpectedValues:
    """Tells the objectives of the reports that decisions rest on."""

    rungs: Collection[int]
    """Epochs after which a trial may stop or pause; a trial's last epoch counts too."""

    def of(
        self, history: History, trial: Trial, report: Report
    ) -> Mapping[str, tuple[float, float]]:
        """Return value and standard deviation of each objective that is not as it was observed.

        report: a new one of the trial, which the history does not have yet.
        """
        decides = report.epochs in self.rungs or report.epochs >= trial.max_epochs
        told = [name for name in history.objectives if name not in QUIET]
        if not decides or report.leaks or not told:
            return NOTHING
        reports = [report, *islice(_others(history, trial), LATEST - 1)]
        epochs_N = np.array([one.epochs for one in reports], np.float64)
        measured = {name: _observed(name, reports) for name in QUIET}
        measures_NF = quiet_measures(measured, epochs_N)
        found = {}
        for name in told:
            sign = -1.0 if history.objectives[name] == "min" else 1.0
            one = expected(sign * _observed(name, reports), measures_NF, epochs_N)
            if np.isfinite(one.errors_N[0]):
                found[name] = (sign * float(one.values_N[0]), float(one.errors_N[0]))
        return found


def _observed(name: str, reports: Sequence[Report]) -> Array:
    return np.array([one.metrics.get(name) for one in reports], np.float64)


def _others(history: History, trial: Trial) -> Iterator[Report]:
    """Yield the last reports of the other trials of a model, newest first; a leak tells nothing."""
    for other in reversed(history.trials.values()):
        alike = other is not trial and other.model_name == trial.model_name
        if alike and other.reports and not other.reports[-1].leaks:
            yield other.reports[-1]
