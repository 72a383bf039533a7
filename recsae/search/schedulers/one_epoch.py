"""All one epoch, then the best few to their end (Egele et al. 2023): the simple rival.

Every trial pauses after the grace. When no new one may start and none still runs below it, the
best `keep` go on. One of them that fails, or turns out to leak, is replaced by the next best.
"""

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial
from recsae.search.schedulers.rung_table import spoiled, standing, table


class OneEpoch:
    """Chooses once, after the grace."""

    def __init__(self, grace_epochs: int, keep: int, objectives: int) -> None:
        """`keep`: how many go on."""
        self._grace, self._keep = grace_epochs, keep
        self._table = table(objectives)
        self._young: set[int] = set()
        self._chosen: set[int] = set()
        self._lost = 0
        """How many of the chosen came to nothing."""

    def judge(self, history: History, trial: Trial) -> Decision:
        """Pause a trial after the grace; one that leaks is stopped."""
        if trial.epochs != self._grace:
            return Decision.GO_ON
        return Decision.STOP if spoiled(history, trial) else Decision.PAUSE

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return the next of the best, when all have come."""
        if may_ask or self._young:
            return None
        found = self._table.first(self._keep + self._lost)
        return None if found is None else ResumeTrial(found)

    def on_event(self, history: History, trial: Trial) -> None:
        """Keep who has come, and who is still on the way."""
        number, paused = trial.trial_id, trial.state == States.PAUSED
        if number in self._table:
            self._table.hold(number, paused)
            if trial.state == States.RUNNING:
                self._chosen.add(number)
            elif trial.ended and number in self._chosen:
                self._chosen.discard(number)
                self._lost += trial.state == States.FAILED or spoiled(history, trial)
        elif trial.epochs >= self._grace or paused:
            self._table.add(number, standing(history, trial))
            self._table.hold(number, paused)
        elif not trial.ended:
            self._young.add(number)
            return
        self._young.discard(number)
