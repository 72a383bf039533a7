"""What schedulers by promotion share: brackets of rungs, at which trials pause."""

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial
from recsae.search.schedulers.base import Scheduler
from recsae.search.schedulers.rung_table import invalid, ranked_values, rung_table


class Candidate(NamedTuple):
    """A paused trial that may go on."""

    epochs: int
    """Of the rung where it paused."""
    trial_id: int


class Bracket:
    """Rungs, each with those trials of the bracket that have come to it."""

    def __init__(self, rungs: Sequence[int], factor: int, objectives: int) -> None:
        # A rung at 0 for trials that something else has paused below the first one.
        self.epochs: Final = (0, *rungs)
        self._factor = factor
        self._tables = [rung_table(objectives) for _ in self.epochs]

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event of a trial of this bracket."""
        # The last rung that it has come to.
        rung = bisect_right(self.epochs, trial.epochs) - 1
        there, paused = self._tables[rung], trial.state == States.PAUSED
        if trial.trial_id not in there and (paused or rung > 0):
            there.add(trial.trial_id, ranked_values(history, trial))
        if trial.trial_id in there:
            there.hold(trial.trial_id, paused)

    def candidate(self, within_quota: bool, also: Trial | None = None) -> Candidate | None:
        """Return the best paused trial of the highest rung that has one to let go on.

        `within_quota`: only one of the best 1/factor of a rung. `also`: a trial to take as paused.
        """
        for rung in reversed(range(len(self.epochs))):
            there = self._tables[rung]
            # At rung 0 are trials that something else paused: all of them may go on.
            limited = within_quota and rung > 0
            quota = len(there) // self._factor if limited else len(there)
            here = also is not None and also.epochs == self.epochs[rung]
            found = there.first(quota, also.trial_id if also is not None and here else None)
            if found is not None:
                return Candidate(self.epochs[rung], found)
        return None


class Promotion(Scheduler):
    """Pauses trials at rungs and lets the best of a rung go on, the highest rung first.

    A trial that would be the next to go on does so at once. When no new trial may start, this
    goes on as before; if it leaves no answer (with few trials no rung is full enough, and a
    promoted one may have failed), the best of the highest rung go on one by one until one is
    complete. A trial that leaks is stopped at a rung. One that has failed, or has ended before a
    later rung, keeps its place where it has been.
    """

    def __init__(self, brackets: Sequence[Bracket]) -> None:
        """The first bracket has the rungs of all."""
        self._brackets = tuple(brackets)
        self.rungs = self._brackets[0].epochs[1:]
        self._answered = False

    @abstractmethod
    def bracket(self, trial_id: int) -> int:
        """Return the number of a trial's bracket."""

    def judge(self, history: History, trial: Trial) -> Decision:
        """Pause a trial at a rung, unless it is the next that would go on anyway."""
        bracket = self._brackets[self.bracket(trial.trial_id)]
        if trial.epochs not in bracket.epochs:
            return Decision.GO_ON
        if invalid(history, trial):
            return Decision.STOP
        found = self._candidate(True, also=trial)
        goes_on = found is not None and found.trial_id == trial.trial_id
        return Decision.GO_ON if goes_on else Decision.PAUSE

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return the next to go on, see above."""
        found = self._candidate(True)
        if found is None and not (may_ask or history.running or self._answered):
            found = self._candidate(False)
        return None if found is None else ResumeTrial(found.trial_id)

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        self._brackets[self.bracket(trial.trial_id)].on_event(history, trial)
        if trial.state == States.COMPLETE and not invalid(history, trial):
            self._answered = True

    def _candidate(self, within_quota: bool, also: Trial | None = None) -> Candidate | None:
        """Return the next of all brackets, the highest rung first, then the first bracket."""
        own = None if also is None else self.bracket(also.trial_id)
        found = [
            bracket.candidate(within_quota, also if number == own else None)
            for number, bracket in enumerate(self._brackets)
        ]
        # max returns the first of equals, which is the first bracket.
        return max((f for f in found if f), key=lambda candidate: candidate.epochs, default=None)
