"""A scheduler that stops few trials."""

from typing import Self

from recsae.search.engine.history import WORST, History, Trial
from recsae.search.engine.strategy import Decision
from recsae.search.schedulers.base import Scheduler
from recsae.space import SearchSpace


class DropWorstScheduler(Scheduler):
    """Stops a trial after the grace if it is worse than all before it in the first objective."""

    name = "drop_worst"
    uses = ("grace_epochs",)

    def __init__(self, rungs: tuple[int, ...]) -> None:
        """`rungs`: the last epoch of the grace, if a trial has more."""
        self.rungs = rungs
        self._values: dict[int, float] = {}

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the scheduler of a space."""
        grace = space.scheduler.grace_epochs
        return cls((grace,) if grace < space.max_epochs else ())

    def judge(self, history: History, trial: Trial) -> Decision:
        """Stop a trial that leaks, or is the worst."""
        if trial.epochs not in self.rungs:
            return Decision.GO_ON
        own = self._values[trial.trial_id]
        others = [value for number, value in self._values.items() if number != trial.trial_id]
        worst = own <= WORST or own < min(others, default=WORST)
        return Decision.STOP if worst else Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None:
        """Note the value of a trial that has come to the rung."""
        if trial.epochs in self.rungs:
            self._values[trial.trial_id] = history.values(trial.reports[-1])[0]
