"""What decides in a search: which trial comes next, and what becomes of one after a report.

A strategy is deterministic: the same events and the same seed give the same answers, so nothing of
it is ever saved. It gets every event in order, also those that a journal brings back.
"""

from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from recsae.search.engine.history import History, Trial


class Decision(StrEnum):
    """What becomes of a trial after a report."""

    GO_ON = "go_on"
    PAUSE = "pause"
    """Its process is free; its checkpoint is kept, and it may go on later."""
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


class Strategy(Protocol):
    """A sampler and a scheduler in one: what the director asks."""

    @property
    def exact(self) -> bool:
        """False once a replayed search was seen to answer otherwise than it did."""

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        """Return what to start on a free place; None: nothing now (or ever, if nothing runs).

        `trial_id` is the number that a new trial would have, `may_ask` whether there may be one.
        """

    def over(self, history: History) -> str | None:
        """Return in words why nothing new starts, whatever the budget; None while something may."""

    def judge(self, history: History, trial: Trial) -> Decision:
        """Return what becomes of a trial that has just reported, and has epochs left."""

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event: `trial` is new, has reported, was paused, goes on or has ended."""


class Completes(Protocol):
    """Makes a whole trial of what was drawn: `new_trials.completed` of a space."""

    def __call__(self, drawn: dict[str, Any], trial_id: int) -> StartTrial:
        """Return it with every setting, and a seed of its own."""
