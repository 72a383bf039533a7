"""Trials that ASHA leads and not the surrogate, so that a wrong surrogate is found out.

A surrogate that decides alone what runs on sees the end only of those trials that it predicts well
of: where slow starters win, it stops them, and little shows that it is wrong. So the first trials
and every EVERYth one are drawn at random, and by rank among themselves one of FACTOR goes on at a
rung (see `schedulers.asha`). What does not go on there pauses, and is the surrogate's from then on.
"""

from typing import Final

from recsae.results import States
from recsae.search.curve_gp.curves import segment_ends
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision
from recsae.search.schedulers.asha import AshaScheduler
from recsae.space import SearchSpace

EVERY: Final = 8
"""One of so many new trials is one of them."""
FACTOR: Final = 3
"""Of so many at a rung one goes on."""
APART: Final = 2.5
"""Ratio of two rungs, at least: each is an epoch at which trials may pause."""


class AshaTrials:
    """Says which trials they are, and leads them until they first pause."""

    def __init__(self, space: SearchSpace, first: int) -> None:
        """`first`: trials that are fixed beforehand."""
        self._space, self._first = space, first
        self._rungs = _rungs(space.max_epochs)
        self._scheduler = AshaScheduler(self._rungs, FACTOR, len(space.objectives))
        self._led: set[int] = set()

    def due(self, trial_id: int) -> bool:
        """Return True if a new trial is to be drawn at random."""
        return trial_id >= self._first and trial_id % EVERY == 0

    def leads(self, trial: Trial) -> bool:
        """Return True while a trial is not the surrogate's."""
        return trial.trial_id in self._led

    def judge(self, history: History, trial: Trial) -> Decision:
        """Let a trial go on by its rank among these trials, if it meets all constraints."""
        if trial.epochs not in self._rungs:
            return Decision.GO_ON
        good = self._scheduler.judge(history, trial) == Decision.GO_ON
        allowed = self._space.allowed(trial.reports[-1].metrics)
        return Decision.GO_ON if good and allowed else Decision.PAUSE

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        if not trial.reports and (trial.trial_id < self._first or self.due(trial.trial_id)):
            self._led.add(trial.trial_id)
        if self.leads(trial):
            self._scheduler.on_event(history, trial)
            # From its first pause on the surrogate decides, as of any other.
            if trial.state != States.RUNNING:
                self._led.discard(trial.trial_id)


def _rungs(epochs: int) -> tuple[int, ...]:
    found: list[int] = []
    for stop in segment_ends(epochs)[:-1]:
        if not found or stop >= APART * found[-1]:
            found.append(stop)
    return tuple(found)
