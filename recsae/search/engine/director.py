"""Leads a search: asks the strategy, writes the journal, then lets it happen. No Ray.

Ray's adapters and the simulator of the search-quality benchmark drive this very object. What
happens is an event, which is in the journal before anybody outside is answered; `replay` lets the
events of an earlier driver happen again, so that the search goes on as if it had never stopped.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from recsae.results import States
from recsae.search.engine import events
from recsae.search.engine.budgets import Budget
from recsae.search.engine.events import Event
from recsae.search.engine.failures import gives_up
from recsae.search.engine.history import History, Report, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial, StartTrial, Strategy

COMPLETE: Final = "complete"
_STATES: Final = {
    Decision.GO_ON: States.RUNNING,
    Decision.PAUSE: States.PAUSED,
    Decision.STOP: States.PRUNED,
    COMPLETE: States.COMPLETE,
}


@dataclass(frozen=True)
class Leg:
    """One trial to be run now, from its first epoch or from where it was paused."""

    trial_id: int
    model_name: str
    settings: dict[str, Any]
    epochs: int
    """Epochs that it has already reported."""


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
        """Listeners are told of each event that has happened, with the trial as it is then.

        may_give_up: no new trial starts while `failing` says why.
        """
        self.history, self.budget = history, budget
        self._strategy, self._journal = strategy, journal
        self._listeners, self._clock = list(listeners), clock
        self._orphans: list[int] = []
        self._stuck: tuple[int, str | None] | None = None
        self._count = 0
        self._may_give_up = may_give_up
        self._ended_before: frozenset[int] = frozenset()
        self.finished = False
        """True when nothing runs and nothing is left to start."""

    def replay(self, past: Iterable[Event]) -> None:
        """Let the events of earlier drivers happen again; trials that ran then go on first."""
        for event in past:
            if event["kind"] != events.BEGUN:
                self._happen(event)
        self._orphans = [t.trial_id for t in self.history if t.state == States.RUNNING]
        self._ended_before = frozenset(t.trial_id for t in self.history if t.ended)

    @property
    def failing(self) -> str | None:
        """The error that all trials have failed with from the start, if they have."""
        return gives_up(self.history, self._ended_before) if self._may_give_up else None

    def next(self) -> Leg | None:
        """Return what to start on a free place; None: nothing now, nothing ever if `finished`."""
        if self._orphans:
            return _leg(self.history.trials[self._orphans.pop(0)])
        over = self.budget.over(self.history) or self.failing
        if self._stuck == (self._count, over):
            return None  # asked again, although nothing has happened since
        if over is None:
            may_ask = self.budget.may_ask(self.history)
            step = self._strategy.next(self.history, len(self.history), may_ask)
        else:
            step = self._to_complete()
        if step is None:
            self.finished = not self.history.running
            self._stuck = (self._count, over)
            return None
        if isinstance(step, StartTrial):
            event = events.asked(len(self.history), step, self._clock())
        else:
            event = events.goes_on(step.trial_id, self._clock())
        return _leg(self._new(event))

    def report(
        self,
        trial_id: int,
        epochs: int,
        seconds: float,
        metrics: Mapping[str, float | None],
        node: str | None = None,
    ) -> bool:
        """Take in a report; return True if the trial goes on at once in its process.

        An epoch that was reported before changes nothing: its process was lost, it comes again.
        """
        trial = self.history.trials[trial_id]
        if trial.state == States.RUNNING and epochs > trial.epochs:
            self._new(events.reported(trial_id, epochs, seconds, metrics, node, self._clock()))
        return trial.state == States.RUNNING

    def again(self, trial_id: int) -> None:
        """Let a trial that runs start anew from its last kept state, before any other."""
        if self.history.trials[trial_id].state == States.RUNNING:
            self._orphans.append(trial_id)

    def fail(self, trial_id: int, error: str) -> None:
        """End a trial that cannot go on."""
        if not self.history.trials[trial_id].ended:
            self._new(events.ended(trial_id, States.FAILED, error, self._clock()))

    def _new(self, event: Event) -> Trial:
        """Let an event happen that the journal does not have yet."""
        return self._happen(event, new=True)

    def _happen(self, event: Event, new: bool = False) -> Trial:
        """Change the history, tell the strategy, keep the event if it is new, tell the rest."""
        self._count += 1
        history, before = self.history, States.RUNNING
        if event["kind"] == events.ASKED:
            trial = history.add(Trial.of(event))
        else:
            trial = history.trials[event["trial_id"]]
            before = trial.state
        if event["kind"] == events.REPORTED:
            history.take(trial, Report(event["epochs"], event["seconds"], event["metrics"]))
            self._strategy.on_event(history, trial)
            if new:
                event["decided"] = str(self._decided(trial))
            history.turn(trial, _STATES[event["decided"]])
        elif event["kind"] == events.GOES_ON:
            history.turn(trial, States.RUNNING)
        elif event["kind"] == events.ENDED:
            trial.error = event["error"]
            history.turn(trial, States(event["state"]))
        if event["kind"] != events.REPORTED or trial.state != before:
            self._strategy.on_event(history, trial)
        if new and self._journal is not None:
            self._journal.append(event)
        for listener in self._listeners:
            listener(event, trial)
        return trial

    def _decided(self, trial: Trial) -> str:
        if trial.epochs >= trial.max_epochs:
            return COMPLETE
        if self.budget.over(self.history) is None:
            return self._strategy.judge(self.history, trial)
        finishing = self._to_finish()
        return Decision.GO_ON if finishing is trial else Decision.STOP

    def _to_finish(self) -> Trial | None:
        """Return the trial that runs to its end although the budget is over: the best so far.

        None, if a trial is complete already: then there is an answer. (One that leaks is none.)
        """
        return self.history.leader if not self.history.answered else None

    def _to_complete(self) -> ResumeTrial | None:
        trial = self._to_finish()
        paused = trial is not None and trial.state == States.PAUSED
        return ResumeTrial(trial.trial_id) if trial is not None and paused else None


def _leg(trial: Trial) -> Leg:
    return Leg(trial.trial_id, trial.model_name, trial.settings, trial.epochs)
