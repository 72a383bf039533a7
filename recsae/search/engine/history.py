"""What has happened in a search so far: all that samplers and schedulers may know.

A search is a sequence of events; whatever decides is a function of them and of the seed. So a
search that is fed the events of its journal goes on exactly as if it had never stopped.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from recsae.results import States
from recsae.search.engine.reports import Report

WORST = -1e9
"""What a scheduler sees of a trial that leaks: worse than any objective, yet finite."""


@dataclass(slots=True)
class Trial:
    """One trial as the search knows it."""

    trial_id: int
    model_name: str
    drawn: dict[str, Any]
    """What was drawn: searched parameters by name, before rates are scaled (and "model_name")."""
    settings: dict[str, Any]
    """All settings of the trial, defaults and seed included."""
    max_epochs: int
    """Its full budget."""
    reports: list[Report] = field(default_factory=list)
    """By epochs, each epoch once."""
    state: States = States.RUNNING
    """RUNNING, PAUSED (it may go on), COMPLETE, PRUNED or FAILED."""
    error: str | None = None
    faults: int = 0
    """How often a fault of the machine that this trial met has paused the run."""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Return the trial that a STARTED event tells of."""
        names = ("trial_id", "model_name", "drawn", "settings", "max_epochs")
        return cls(**{name: event[name] for name in names})

    @property
    def epochs(self) -> int:
        """Epochs that it has reported."""
        return self.reports[-1].epochs if self.reports else 0

    @property
    def ended(self) -> bool:
        """True when it will never go on."""
        return self.state not in (States.RUNNING, States.PAUSED)

    def at(self, epochs: int) -> Report | None:
        """Return its report after so many epochs."""
        return next((report for report in self.reports if report.epochs == epochs), None)


class History:
    """All trials by number, and how their values are read."""

    def __init__(self, objectives: Mapping[str, str]) -> None:
        """`objectives`: dev metric → max or min."""
        self.objectives = dict(objectives)
        self.trials: dict[int, Trial] = {}
        self.epochs = 0
        """Epochs that all trials together have reported."""
        self.seconds = 0.0
        """Wall seconds that they took."""
        self.running = 0
        """How many trials run now."""
        self.ended = 0
        """How many will never go on."""

    def __iter__(self) -> Iterator[Trial]:
        return iter(self.trials.values())

    def __len__(self) -> int:
        return len(self.trials)

    def add(self, trial: Trial) -> Trial:
        """Add a new trial, which runs."""
        assert trial.trial_id == len(self.trials), "trials are numbered from 0 without a gap"
        self.trials[trial.trial_id] = trial
        self.running += 1
        return trial

    def add_report(self, trial: Trial, report: Report) -> None:
        """Add a report of a trial, of a later epoch than its last one."""
        last = trial.reports[-1] if trial.reports else Report(0, 0.0, {})
        assert report.epochs > last.epochs, "epochs come in order"
        trial.reports.append(report)
        self.epochs += report.epochs - last.epochs
        # A trial that was lost starts from its checkpoint with fewer seconds.
        self.seconds += max(0.0, report.seconds - last.seconds)

    def set_state(self, trial: Trial, state: States) -> None:
        """Set the state of a trial that has not ended."""
        assert not trial.ended, "what has ended stays as it is"
        self.running += (state == States.RUNNING) - (trial.state == States.RUNNING)
        trial.state = state
        self.ended += trial.ended

    @property
    def has_answer(self) -> bool:
        """True once some trial is COMPLETE and does not leak."""
        return any(t.state == States.COMPLETE and not _leaks(t) for t in self)

    @property
    def best_unfinished(self) -> Trial | None:
        """The trial that may go on and had the best first objective in its last report."""
        unfinished = [t for t in self if not t.ended and t.reports]
        return max(unfinished, key=lambda t: self.values(t.reports[-1]), default=None)

    def values(self, report: Report) -> tuple[float, ...]:
        """Return the objectives of a report, signed so that more is better; WORST if it leaks."""
        if report.metrics.get("leak"):
            return (WORST,) * len(self.objectives)
        return tuple(
            _signed(report.metrics.get(name), direction)
            for name, direction in self.objectives.items()
        )


def _leaks(trial: Trial) -> bool:
    return bool(trial.reports[-1].metrics.get("leak"))


def _signed(value: float | None, direction: str) -> float:
    if value is None or not math.isfinite(value):
        return WORST
    return -value if direction == "min" else value
