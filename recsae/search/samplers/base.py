"""What every sampler is: it proposes the settings of new trials, and may learn from the others."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from recsae.search.engine.history import History, Trial
from recsae.search.samplers.warm_start import WarmTrial
from recsae.search.schedulers.base import Scheduler
from recsae.space import SearchSpace


class Sampler(ABC):
    """Proposes the settings of new trials; a file each in this folder.

    A class that a space may name assigns `name` a plain string, and says itself, not by a base
    class, what holds of it: a space reads that without importing it. The first line of its
    docstring is what help and schema tell. What it proposes may depend on the events that it was
    told, the search's seed and the number of the trial, and on nothing else.
    """

    name: ClassVar[str]
    """The name under `search: {sampler: …}` of a space."""
    one_objective: ClassVar[bool] = False
    """It takes one objective alone."""
    learns_from_others: ClassVar[bool] = False
    """Trials of earlier searches teach it something (`--warm_start`)."""
    stateful: ClassVar[bool] = False
    """It must be asked again for each trial of a journal to be as it was."""
    finite: ClassVar[bool] = False
    """It takes a space alone that has finitely many settings."""
    decides: ClassVar[bool] = False
    """It says itself which trials go on: it brings a `scheduler`, and a space names no other."""

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> None:
        """`warm`: trials of earlier searches, none unless it learns from others."""
        self._space = space

    @property
    def exact(self) -> bool:
        """False once a replayed search was seen to answer otherwise than it did."""
        return True

    def over(self) -> str | None:
        """Return in words why nothing more is proposed, None while something is."""
        return None

    @abstractmethod
    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a new trial, see `Trial.drawn`: asked twice, it is the same."""

    def on_event(self, history: History, trial: Trial) -> None:  # noqa: B027
        """Learn of an event: `trial` is new, has reported, was paused, goes on or has ended."""

    def scheduler(self) -> Scheduler | None:
        """Return the scheduler that goes by what this sampler has learnt, if it `decides`."""
        return None
