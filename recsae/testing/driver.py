"""Drives a director without Ray: made trainings that take turns, a journal in memory, a kill."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial

Train = Callable[[Trial, int], Mapping[str, Any] | None]
"""A trial and its next epoch → the metrics that it reports; None: it fails."""
Pick = Callable[[Sequence[int]], int]
"""Numbers of the trials that run, in the order in which they began or last reported → the position
of the one that reports next."""
Seconds = Callable[[int], float]
"""Seconds that an epoch of a trial takes, by the trial's number."""


class Killed(Exception):
    """The driver is gone; what the journal has is all that there is."""


class MemoryJournal(list[Event]):
    """Events as a file would give them back; the driver dies when it has `kill_at` of them."""

    def __init__(self, past: Iterable[Event] = (), kill_at: int | None = None) -> None:
        super().__init__(past)
        self._kill_at = kill_at

    def append(self, event: Event) -> None:
        """Keep an event."""
        super().append(json.loads(json.dumps(event)))
        if len(self) == self._kill_at:
            raise Killed


class ByClock:
    """Picks who is ready first on a simulated clock; among equals who waits longest."""

    def __init__(self, seconds: Seconds) -> None:
        self._seconds, self._now = seconds, 0.0
        self._ready: dict[int, float] = {}

    def __call__(self, running: Sequence[int]) -> int:
        """Return the position of the one that is ready first, and let the clock pass."""
        for number in running:
            self._ready.setdefault(number, self._now + self._seconds(number))
        first = min(running, key=self._ready.__getitem__)
        self._now = self._ready.pop(first)
        return running.index(first)


def oldest(running: Sequence[int]) -> int:
    """Return the position of the trial that has waited longest."""
    return 0


def drive(
    director: Director,
    train: Train,
    *,
    workers: int = 1,
    pick: Pick = oldest,
    seconds: Seconds = lambda trial_id: 1.0,
    reports: int | None = None,
) -> Director:
    """Run trials until nothing is left, or until there were so many reports; return the director.

    seconds: that an epoch of a trial takes.
    """
    running: list[int] = []
    for count in itertools.count():
        while len(running) < workers and (started := director.next()) is not None:
            running.append(started.trial_id)
        if not running or count == reports:
            break
        trial_id = running.pop(pick(running))
        if report(director, trial_id, train, seconds):
            running.append(trial_id)
    return director


def report(director: Director, trial_id: int, train: Train, seconds: Seconds) -> bool:
    """Let a trial report its next epoch, or fail; return True if it goes on."""
    trial = director.history.trials[trial_id]
    epoch = trial.epochs + 1
    metrics = train(trial, epoch)
    if metrics is None:
        director.fail(trial_id, "it had to")
        return False
    return director.report(trial_id, epoch, epoch * seconds(trial_id), metrics)
