"""All one epoch, then the best few to their end (Egele et al. 2023): the simple baseline.

Every trial pauses after the grace. When no new one may start and none still runs below it, the
best `keep` go on. One of them that fails, or turns out to leak, is replaced by the next best.
"""

from typing import Self

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial
from recsae.search.schedulers.base import Scheduler
from recsae.search.schedulers.rung_table import invalid, ranked_values, rung_table
from recsae.space import SearchSpace


class OneEpochScheduler(Scheduler):
    """Pauses all after the grace and trains the best few to their end."""

    name = "one_epoch"
    uses = ("grace_epochs", "keep")
    pauses = True

    def __init__(self, grace_epochs: int, max_epochs: int, keep: int, objectives: int) -> None:
        """`keep`: how many go on."""
        self.rungs = (grace_epochs,) if grace_epochs < max_epochs else ()
        self._grace, self._keep = grace_epochs, keep
        self._table = rung_table(objectives)
        self._below: set[int] = set()
        """Trials that have not come to the rung."""
        self._promoted: set[int] = set()
        self._lost = 0
        """How many of the promoted failed or turned out to leak."""

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the scheduler of a space."""
        settings, objectives = space.scheduler, len(space.objectives)
        return cls(settings.grace_epochs, space.max_epochs, settings.keep, objectives)

    def judge(self, history: History, trial: Trial) -> Decision:
        """Pause a trial after the grace; one that leaks is stopped."""
        if trial.epochs != self._grace:
            return Decision.GO_ON
        return Decision.STOP if invalid(history, trial) else Decision.PAUSE

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return the next of the best, once all have come to the rung."""
        if may_ask or self._below:
            return None
        found = self._table.first(self._keep + self._lost)
        return None if found is None else ResumeTrial(found)

    def on_event(self, history: History, trial: Trial) -> None:
        """Note which trials have come to the rung and which have not."""
        number, paused = trial.trial_id, trial.state == States.PAUSED
        if number in self._table:
            self._table.hold(number, paused)
            if trial.state == States.RUNNING:
                self._promoted.add(number)
            elif trial.ended and number in self._promoted:
                self._lost += trial.state == States.FAILED or invalid(history, trial)
        elif trial.epochs >= self._grace or paused:
            self._table.add(number, ranked_values(history, trial))
            self._table.hold(number, paused)
        elif not trial.ended:
            self._below.add(number)
            return
        self._below.discard(number)
