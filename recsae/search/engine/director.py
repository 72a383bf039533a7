"""Leads a search: asks the strategy, changes the history, writes the journal. No Ray.

Ray's adapters and the simulator of the search-quality benchmark drive this very object. What
happens is an event, which is in the journal before anybody outside is answered; `replay` applies
the events of an earlier driver, so that the search goes on as if it had never stopped.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from recsae.results import States
from recsae.search.engine import events
from recsae.search.engine.budgets import Budget
from recsae.search.engine.events import Event
from recsae.search.engine.failures import common_error
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import Report
from recsae.search.engine.strategy import Decision, ResumeTrial, StartTrial, Strategy

COMPLETE: Final = "complete"
STATES: Final = {
    Decision.GO_ON: States.RUNNING,
    Decision.PAUSE: States.PAUSED,
    Decision.STOP: States.PRUNED,
    COMPLETE: States.COMPLETE,
}
"""What a report makes of its trial, by what was decided."""


@dataclass(frozen=True)
class TrialRun:
    """A trial to be run in a process now, from its first epoch or from its checkpoint."""

    trial_id: int
    model_name: str
    settings: dict[str, Any]
    epochs: int
    """Epochs that it has already reported."""

    @classmethod
    def of(cls, trial: Trial) -> "TrialRun":
        """Return the next run of a trial."""
        return cls(trial.trial_id, trial.model_name, trial.settings, trial.epochs)


class Journal(Protocol):
    """Where events are kept: `recsae.search.journal.journal.Journal`."""

    def append(self, event: Event) -> None:
        """Keep an event; it is safe from a kill and a power cut when this returns."""


Listener = Callable[[Event, Trial], None]


class Director:
    """One search, whoever runs its trials."""

    def __init__(
        self,
        strategy: Strategy,
        history: History,
        budget: Budget,
        *,
        journal: Journal | None = None,
        listeners: Iterable[Listener] = (),
        clock: Callable[[], float] = time.time,
        may_give_up: bool = False,
    ) -> None:
        """Listeners are told of each event once it is kept, with the trial as it is then.

        may_give_up: no new trial starts once the first trials have all failed alike.
        """
        self.history, self.budget = history, budget
        self._strategy, self._journal = strategy, journal
        self._listeners, self._clock = list(listeners), clock
        self._to_restart: list[int] = []
        """Trials that run as far as the history knows, yet in no process."""
        self._events = 0
        self._idle: tuple[int, str | None] | None = None
        """Events and spent budget when the strategy had nothing to start."""
        self._may_give_up = may_give_up
        self._ended_before: frozenset[int] = frozenset()
        self.finished = False
        """True when nothing runs and nothing is left to start."""

    def replay(self, past: Iterable[Event]) -> None:
        """Apply the events of earlier drivers; trials that ran then are restarted first."""
        for event in past:
            if event["kind"] not in (events.BEGUN, events.SEALED):
                self._apply(event)
        # Their processes died with the driver.
        self._to_restart = [t.trial_id for t in self.history if t.state == States.RUNNING]
        self._ended_before = frozenset(t.trial_id for t in self.history if t.ended)

    @property
    def failure(self) -> str | None:
        """The error that all trials have failed with from the start, if they have."""
        return common_error(self.history, self._ended_before) if self._may_give_up else None

    def next(self) -> TrialRun | None:
        """Return what to run on a free place; None: nothing now, nothing ever if `finished`."""
        if self._to_restart:
            return TrialRun.of(self.history.trials[self._to_restart.pop(0)])
        # A budget may be over without an event: time passes.
        over = self.budget.over(self.history) or self.failure
        if self._idle == (self._events, over):
            return None  # nothing has happened since the last answer
        if over is None:
            may_ask = self.budget.may_ask(self.history)
            step = self._strategy.next(self.history, len(self.history), may_ask)
        else:
            step = self._paused_finisher()
        if step is None:
            self.finished = not self.history.running
            self._idle = (self._events, over)
            return None
        if isinstance(step, StartTrial):
            event = events.started(len(self.history), step, self._clock())
        else:
            event = events.resumed(step.trial_id, self._clock())
        return TrialRun.of(self._apply(event, new=True))

    def report(
        self,
        trial_id: int,
        epochs: int,
        seconds: float,
        metrics: Mapping[str, float | None],
        node: str | None = None,
        ladder: Sequence[Mapping[str, Any]] = (),
    ) -> bool:
        """Take in a report; return True if the trial goes on at once in its process.

        An epoch that was reported before changes nothing: its process was lost and it comes again.
        """
        trial = self.history.trials[trial_id]
        if trial.state == States.RUNNING and epochs > trial.epochs:
            report = Report(epochs, seconds, metrics, ladder=ladder)
            self._apply(events.reported(trial_id, report, node, self._clock()), new=True)
        return trial.state == States.RUNNING

    def restart(self, trial_id: int) -> None:
        """Let a trial that runs start anew from its last checkpoint, before any other."""
        if self.history.trials[trial_id].state == States.RUNNING:
            self._to_restart.append(trial_id)

    def fail(self, trial_id: int, error: str) -> None:
        """End a trial that cannot go on."""
        if not self.history.trials[trial_id].ended:
            self._apply(events.ended(trial_id, States.FAILED, error, self._clock()), new=True)

    def fault(self, trial_id: int, error: str) -> None:
        """Keep that a fault of the machine, met by a trial that runs, pauses the run."""
        self._apply(events.fault(trial_id, error, self._clock()), new=True)

    def _apply(self, event: Event, new: bool = False) -> Trial:
        """Change the history, tell the strategy, keep the event if it is new, tell listeners."""
        self._events += 1
        if event["kind"] == events.STARTED:
            trial = self.history.add(Trial.of(event))
        else:
            trial = self.history.trials[event["trial_id"]]
        before = trial.state
        self._change(trial, event, new)
        # A report that changes no state was shown in `_change`, before it was decided on.
        told = event["kind"] not in (events.REPORTED, events.FAULT)
        if told or trial.state != before:
            self._strategy.on_event(self.history, trial)
        # After the decision, which is part of the event, and before anybody hears of it.
        if new and self._journal is not None:
            self._journal.append(event)
        for listener in self._listeners:
            listener(event, trial)
        return trial

    def _change(self, trial: Trial, event: Event, new: bool) -> None:
        """Change a trial as an event says; a new report is decided on."""
        history = self.history
        if event["kind"] == events.REPORTED:
            history.add_report(trial, Report.of(event))
            self._strategy.on_event(history, trial)
            if new:
                event["decided"] = str(self._decided(trial))
            # In a replay the decision of that time holds, whatever this code would decide.
            history.set_state(trial, STATES[event["decided"]])
        elif event["kind"] == events.RESUMED:
            history.set_state(trial, States.RUNNING)
        elif event["kind"] == events.FAULT:
            trial.faults += 1
        elif event["kind"] == events.ENDED:
            trial.error = event["error"]
            history.set_state(trial, States(event["state"]))

    def _decided(self, trial: Trial) -> str:
        if trial.epochs >= trial.max_epochs:
            return COMPLETE
        if self.budget.over(self.history) is None:
            return self._strategy.judge(self.history, trial)
        return Decision.GO_ON if self._finisher() is trial else Decision.STOP

    def _finisher(self) -> Trial | None:
        """Return the trial that runs to its end although the budget is over: the best so far.

        None, if a trial is complete already: then there is an answer. (One that leaks is none.)
        """
        return self.history.best_unfinished if not self.history.has_answer else None

    def _paused_finisher(self) -> ResumeTrial | None:
        trial = self._finisher()
        paused = trial is not None and trial.state == States.PAUSED
        return ResumeTrial(trial.trial_id) if trial is not None and paused else None
