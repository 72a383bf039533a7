"""The median stopping rule (Golovin et al. 2017, Vizier): worse than most running averages.

After each epoch from the grace on, a trial stops if its best value so far is worse than what more
than half of the others had on average up to the same epoch; others are all that have come so far,
whatever became of them. With several objectives its best in each of them counts, and worse is to
be in a later front.
"""

from dataclasses import dataclass
from typing import Self

from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision
from recsae.search.schedulers.base import Scheduler
from recsae.search.schedulers.rung_table import RungTable, invalid, ranked_values, rung_table
from recsae.space import SearchSpace

LEAST = 3
"""With fewer others nothing is stopped."""


@dataclass(slots=True)
class RunningAverage:
    """The average and the best of a trial's reports so far, in each objective."""

    total: tuple[float, ...]
    best: tuple[float, ...]
    epochs: int
    reports: int = 1

    def take(self, values: tuple[float, ...], epochs: int) -> None:
        """Take in a report."""
        self.total = tuple(a + b for a, b in zip(self.total, values, strict=True))
        self.best = tuple(max(pair) for pair in zip(self.best, values, strict=True))
        self.epochs, self.reports = epochs, self.reports + 1

    @property
    def mean(self) -> tuple[float, ...]:
        """The average of its reports; rounding makes it no better than the best."""
        pairs = zip(self.total, self.best, strict=True)
        return tuple(min(total / self.reports, best) for total, best in pairs)


class MedianScheduler(Scheduler):
    """Stops what is worse than most others were on average."""

    name = "median"
    uses = ("grace_epochs",)

    def __init__(self, grace_epochs: int, max_epochs: int, objectives: int) -> None:
        """Before `grace_epochs` nothing is stopped."""
        self.rungs = tuple(range(grace_epochs, max_epochs))
        self._grace, self._objectives = grace_epochs, objectives
        self._means: dict[int, RungTable] = {}  # by epochs
        self._averages: dict[int, RunningAverage] = {}  # of trials that have not ended

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the scheduler of a space."""
        return cls(space.scheduler.grace_epochs, space.max_epochs, len(space.objectives))

    def judge(self, history: History, trial: Trial) -> Decision:
        """Stop a trial if more than half of the others were better."""
        if trial.epochs < self._grace:
            return Decision.GO_ON
        if invalid(history, trial):
            return Decision.STOP
        # It holds the trial itself too, since `on_event` comes first.
        means = self._means[trial.epochs]
        others = len(means) - 1
        ahead = means.ahead(self._averages[trial.trial_id].best)
        return Decision.STOP if others >= LEAST and 2 * ahead > others else Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None:
        """Keep the averages."""
        known = self._averages.get(trial.trial_id)
        if trial.ended:
            self._averages.pop(trial.trial_id, None)
        elif trial.epochs > (known.epochs if known else 0):
            self._report(trial, ranked_values(history, trial))

    def _report(self, trial: Trial, values: tuple[float, ...]) -> None:
        average = self._averages.get(trial.trial_id)
        if average is None:
            average = RunningAverage(values, values, trial.epochs)
            self._averages[trial.trial_id] = average
        else:
            average.take(values, trial.epochs)
        if trial.epochs >= self._grace:
            means = self._means.setdefault(trial.epochs, rung_table(self._objectives))
            means.add(trial.trial_id, average.mean)
