"""When a search has spent enough: trials, hours, device-seconds, epochs."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from recsae.search.engine.events import BEGUN, SEALED, Event
from recsae.search.engine.history import History
from recsae.space import SearchSettings

OUT_OF_TIME = "max_hours is over"
OUT_OF_DEVICE_SECONDS = "max_device_seconds are spent"
OUT_OF_EPOCHS = "max_epochs are spent"


@dataclass
class Budget:
    """What a search may spend; `over` says what is spent, if anything is."""

    trials: int
    max_hours: float | None = None
    max_device_seconds: float | None = None
    max_epochs: int | None = None
    min_trials: int = 0
    """No time is over before so many trials have ended."""
    devices: float = 1.0
    """Devices (GPUs, or CPUs without one) that a trial holds."""
    seconds_before: float = 0.0
    """Seconds that earlier drivers of this search took."""
    clock: Callable[[], float] = time.monotonic
    _began: float | None = field(default=None, init=False)

    @classmethod
    def of(cls, search: SearchSettings, min_trials: int = 0) -> "Budget":
        """Return the budget that a space gives."""
        return cls(
            search.trials,
            search.max_hours,
            search.max_device_seconds,
            search.max_epochs,
            min_trials,
        )

    def begin(self) -> None:
        """Start the clock, if it does not run yet."""
        if self._began is None:
            self._began = self.clock()

    def may_ask(self, history: History) -> bool:
        """Return True if a new trial may start."""
        return len(history) < self.trials and self.over(history) is None

    def over(self, history: History) -> str | None:
        """Return which limit beside the number of trials is reached, if one is."""
        if self.max_epochs is not None and history.epochs >= self.max_epochs:
            return OUT_OF_EPOCHS
        spent = history.seconds * self.devices
        if self.max_device_seconds is not None and spent >= self.max_device_seconds:
            return OUT_OF_DEVICE_SECONDS
        if self.max_hours is None or history.ended < self.min_trials:
            return None
        self.begin()
        assert self._began is not None
        passed = self.seconds_before + self.clock() - self._began
        return OUT_OF_TIME if passed >= self.max_hours * 3600 else None


def seconds_before(past: Iterable[Event]) -> float:
    """Return the seconds that earlier drivers of a search took, by the times of their events."""
    seconds, began, last = 0.0, None, 0.0
    for event in past:
        if event["kind"] == SEALED:
            continue  # the page, the scores of the best: no time of the search
        if event["kind"] == BEGUN:
            seconds += 0.0 if began is None else last - began
            began = event["at"]
        last = event["at"]
    return seconds + (0.0 if began is None else last - began)
