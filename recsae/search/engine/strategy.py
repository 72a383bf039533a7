"""What decides in a search: which trial comes next, and what becomes of one after a report.

A strategy is deterministic: the same events and the same seed give the same answers, so nothing of
it is ever saved. It is told of every event in order, also of those that a journal brings back.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from recsae.search.engine.history import History, Trial


class Decision(StrEnum):
    """What becomes of a trial after a report."""

    GO_ON = "go_on"
    PAUSE = "pause"
    """Its process is free; its state is kept, and it may go on later."""
    STOP = "stop"
    """It is PRUNED."""


class StartTrial(NamedTuple):
    """Start a new trial."""

    model_name: str
    drawn: dict[str, Any]
    settings: dict[str, Any]
    """All of them, the seed of the trial included."""
    max_epochs: int


class ResumeTrial(NamedTuple):
    """Let a paused trial go on."""

    trial_id: int


Step = StartTrial | ResumeTrial
"""What a free place is used for."""


class Sampler(Protocol):
    """Draws the settings of new trials. A file each in `samplers/`."""

    @property
    def exact(self) -> bool:
        """False once a replayed search was seen to answer otherwise than it did."""

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a new trial, see `Trial.drawn`."""

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event: `trial` is new, has reported, was paused, goes on or has ended."""


class Scheduler(Protocol):
    """Says which trials go on. A file each in `schedulers/`."""

    def judge(self, history: History, trial: Trial) -> Decision:
        """Return what becomes of a trial that has just reported, and has epochs left.

        It changes nothing: the report came by `on_event` before, what follows comes by it after.
        """

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return a paused trial that goes on before a new one starts; `may_ask`: one may."""

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event, as a sampler does."""


class Strategy(Protocol):
    """Both in one: what the director asks."""

    @property
    def exact(self) -> bool:
        """False once a replayed search was seen to answer otherwise than it did."""

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        """Return what to start on a free place; None: nothing now (or ever, if nothing runs).

        `trial_id` is the number that a new trial would have, `may_ask` whether there may be one.
        """

    def judge(self, history: History, trial: Trial) -> Decision:
        """Return what becomes of a trial that has just reported, and has epochs left."""

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event: `trial` is new, has reported, was paused, goes on or has ended."""


@dataclass
class SamplerWithScheduler:
    """A strategy of a sampler and a scheduler that do not know each other."""

    sampler: Sampler
    scheduler: Scheduler
    complete: "Completes"

    @property
    def exact(self) -> bool:
        """Whether the sampler answers as it did."""
        return self.sampler.exact

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        """Ask the scheduler for a paused trial first, then the sampler for a new one."""
        further = self.scheduler.resume(history, may_ask)
        if further is not None:
            return further
        if not may_ask:
            return None
        drawn = self.sampler.propose(history, trial_id)
        return self.complete(drawn, trial_id)

    def judge(self, history: History, trial: Trial) -> Decision:
        """Leave it to the scheduler."""
        return self.scheduler.judge(history, trial)

    def on_event(self, history: History, trial: Trial) -> None:
        """Tell both."""
        self.sampler.on_event(history, trial)
        self.scheduler.on_event(history, trial)


class Completes(Protocol):
    """Makes a whole trial of what was drawn: `completing.completed` of a space."""

    def __call__(self, drawn: dict[str, Any], trial_id: int) -> StartTrial:
        """Return it with every setting, and a seed of its own."""
