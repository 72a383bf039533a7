"""The median rule (Golovin et al. 2017, Vizier): worse than most running averages.

After each epoch from the grace on, a trial stops if its best value so far is worse than what more
than half of the others had on average up to the same epoch; others are all that have come so far,
whatever became of them. With several objectives its best in each of them counts, and worse is to
be in a later front.
"""

from dataclasses import dataclass

from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial
from recsae.search.schedulers.rung_table import Table, spoiled, standing, table

LEAST = 3
"""With fewer others nothing is stopped."""


@dataclass(slots=True)
class Course:
    """What the reports of a trial come to so far."""

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


class Median:
    """Stops what is worse than the median of the others."""

    def __init__(self, grace_epochs: int, objectives: int) -> None:
        """Before `grace_epochs` nothing is stopped."""
        self._grace, self._objectives = grace_epochs, objectives
        self._means: dict[int, Table] = {}  # by epochs
        self._courses: dict[int, Course] = {}  # of trials that have not ended

    def judge(self, history: History, trial: Trial) -> Decision:
        """Stop a trial if more than half of the others were better."""
        if trial.epochs < self._grace:
            return Decision.GO_ON
        if spoiled(history, trial):
            return Decision.STOP
        means = self._means[trial.epochs]
        others = len(means) - 1
        ahead = means.ahead(self._courses[trial.trial_id].best)
        return Decision.STOP if others >= LEAST and 2 * ahead > others else Decision.GO_ON

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return None: nothing pauses."""
        return None

    def on_event(self, history: History, trial: Trial) -> None:
        """Keep the averages."""
        course = self._courses.get(trial.trial_id)
        if trial.ended:
            self._courses.pop(trial.trial_id, None)
        elif trial.epochs > (course.epochs if course else 0):
            self._report(trial, standing(history, trial))

    def _report(self, trial: Trial, values: tuple[float, ...]) -> None:
        course = self._courses.get(trial.trial_id)
        if course is None:
            course = self._courses[trial.trial_id] = Course(values, values, trial.epochs)
        else:
            course.take(values, trial.epochs)
        if trial.epochs >= self._grace:
            means = self._means.setdefault(trial.epochs, table(self._objectives))
            means.add(trial.trial_id, course.mean)
