"""Asynchronous successive halving by stopping (Li et al. 2018, in the form that Ray made common).

At a rung a trial goes on if it is at least as good as the (1 − 1/factor) percentile of those that
came there before it; the first one always goes on. So no place ever waits, but early trials are
judged by few others and mostly go on; what was stopped never comes back. With several objectives a
trial goes on if one of the places of the best 1/factor is free for it, see `fronts`.

A trial that leaks is stopped at a rung, the first one too: it can never be the answer.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Self

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision
from recsae.search.schedulers.base import Scheduler, geometric_rungs
from recsae.search.schedulers.rung_table import invalid, ranked_values, rung_table
from recsae.space import SearchSpace


class AshaScheduler(Scheduler):
    """Stops the weaker trials at each rung."""

    name = "asha"
    uses = ("grace_epochs", "reduction_factor")
    halving = True

    def __init__(self, rungs: Sequence[int], factor: int, objectives: int) -> None:
        """`rungs`: epochs, ascending; of `factor` trials at a rung one goes on."""
        self.rungs, self._factor = tuple(rungs), factor
        self._tables = [rung_table(objectives) for _ in self.rungs]

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the scheduler of a space."""
        factor = space.scheduler.reduction_factor
        return cls(geometric_rungs(space), factor, len(space.objectives))

    def judge(self, history: History, trial: Trial) -> Decision:
        """Stop a trial at a rung unless it is among the best there."""
        if trial.epochs not in self.rungs:
            return Decision.GO_ON
        there = self._tables[self.rungs.index(trial.epochs)]
        weak = invalid(history, trial) or not there.survives(trial.trial_id, self._factor)
        return Decision.STOP if weak else Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None:
        """Take in a trial at the rung that it has come to; one that ends there counts too."""
        rung = bisect_right(self.rungs, trial.epochs) - 1
        if rung < 0:
            return
        if trial.trial_id not in self._tables[rung]:
            self._tables[rung].add(trial.trial_id, ranked_values(history, trial))
        elif trial.state == States.PRUNED and trial.epochs == self.rungs[rung]:
            self._tables[rung].hold(trial.trial_id, True)
