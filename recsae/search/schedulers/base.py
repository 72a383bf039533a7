"""What every scheduler is: the rule that says which trials go on. No Ray, no clock."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial
from recsae.space import SearchSpace


class Scheduler(ABC):
    """Decides after each report of a trial; a file each in this folder.

    A class that a space may name assigns `name` a plain string, and says itself, not by a base
    class, what holds of it: a space reads that without importing it. The first line of its
    docstring is what help and schema tell.
    """

    name: ClassVar[str]
    """The name under `scheduler:` of a space."""
    uses: ClassVar[tuple[str, ...]] = ()
    """The keys of `scheduler:` beside `name` that it reads."""
    pauses: ClassVar[bool] = False
    """It may pause a trial, so that a checkpoint must be kept at each of its rungs."""
    halving: ClassVar[bool] = False
    """One trial of `reduction_factor` goes on at a rung; with several objectives few complete."""
    rungs: tuple[int, ...] = ()
    """The epochs after which a trial may stop or pause, ascending."""

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the scheduler of a space, which has learnt of no event yet."""
        return cls()

    @abstractmethod
    def judge(self, history: History, trial: Trial) -> Decision:
        """Return what becomes of a trial that has just reported, and has epochs left.

        It changes nothing: the report came by `on_event` before, what follows comes by it after.
        """

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return a paused trial that goes on before a new one starts; `may_ask`: one may."""
        return None

    @abstractmethod
    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event: `trial` is new, has reported, was paused, goes on or has ended."""


def geometric_rungs(space: SearchSpace) -> tuple[int, ...]:
    """Return `grace_epochs` times the powers of `reduction_factor`, below a trial's last epoch."""
    found, epochs = [], space.scheduler.grace_epochs
    while epochs < space.max_epochs:
        found.append(epochs)
        epochs *= space.scheduler.reduction_factor
    return tuple(found)
