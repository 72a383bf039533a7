"""Lets a search run on surrogate trainings, in simulated seconds: an event heap and a clock.

What decides is the production code: the `Director` with its strategy, history and budget, or a
stock searcher and scheduler (`stock.py`). Ours here is only what Ray does: W places, trainings
that report after each epoch, and a driver that does one thing after the other. Its own CPU time
is measured at each call and passes on the clock too, so a slow model pays for being slow.
"""

import heapq
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from benchmarks.search_quality.surrogate import Curve
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director, TrialRun
from recsae.search.engine.history import History
from recsae.search.engine.strategy import Strategy

START: Final = 0.12
"""Seconds before a trial trains: what a process that is used again takes to set it up."""
GOES_ON: Final = "go_on"
UNLIMITED: Final = 10**9


class Trainings(Protocol):
    """What would be told by trainings: a `Surrogate`."""

    def curve(self, settings: Mapping[str, Any], salt: int = 0) -> Curve:
        """Return the curve of the training with these settings."""


class Driver(Protocol):
    """A search as the simulator drives it."""

    def next(self) -> TrialRun | None:
        """Return what to start on a free place; None: nothing until something is reported."""

    def report(
        self, trial_id: int, epochs: int, seconds: float, metrics: Mapping[str, float]
    ) -> str:
        """Take in a report; return GOES_ON, or the state (of `States`) that the trial is in now."""

    @property
    def finished(self) -> bool:
        """True when nothing will ever start again."""


@dataclass
class Clock:
    """Simulated seconds since the search began."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return them."""
        return self.now


@dataclass(frozen=True)
class Said:
    """One report, when it was taken in and what came of it."""

    at: float
    trial_id: int
    epochs: int
    metrics: dict[str, float]
    became: str
    """GOES_ON or a state."""


@dataclass
class SimulatedRun:
    """What happened in a simulated search."""

    settings: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Of each trial, by its number."""
    said: list[Said] = field(default_factory=list)
    """In the order of the clock."""
    intervals: list[tuple[float, float]] = field(default_factory=list)
    """When each began and ended to hold its place."""
    thinking: float = 0.0
    """CPU seconds of the driver."""
    ended: float = 0.0
    """When nothing ran any more."""


def simulate(
    strategy: Strategy,
    surrogate: Trainings,
    workers: int,
    seconds: float,
    seed: int = 0,
    *,
    objectives: Mapping[str, str] | None = None,
    trials: int = UNLIMITED,
    cpu: Callable[[], float] = time.process_time,
) -> SimulatedRun:
    """Run a strategy under the production Director until `seconds` are over; `seed` salts noise.

    `cpu` tells the CPU seconds that the driver has used; `lambda: 0.0` makes a run repeatable to
    the last bit.
    """
    clock = Clock()
    budget = Budget(trials, max_hours=seconds / 3600, clock=clock)
    budget.begin()
    history = History(objectives or {"ndcg@10": "max"})
    director = Director(strategy, history, budget, clock=clock)
    return drive(Directed(director), surrogate, workers, clock, seed, cpu)


@dataclass
class Directed:
    """The production Director as a Driver."""

    director: Director

    @property
    def finished(self) -> bool:
        """Ask it."""
        return self.director.finished

    def next(self) -> TrialRun | None:
        """Ask it."""
        return self.director.next()

    def report(
        self, trial_id: int, epochs: int, seconds: float, metrics: Mapping[str, float]
    ) -> str:
        """Tell it, and look what became of the trial."""
        if self.director.report(trial_id, epochs, seconds, metrics):
            return GOES_ON
        return str(self.director.history.trials[trial_id].state)


@dataclass
class _Place:
    """A run of a trial on its place."""

    trial: TrialRun
    curve: Curve
    began: float
    epochs: int
    spent: float
    """Seconds that the trial has trained, earlier runs included."""


def drive(
    driver: Driver,
    trainings: Trainings,
    workers: int,
    clock: Clock,
    seed: int = 0,
    cpu: Callable[[], float] = time.process_time,
) -> SimulatedRun:
    """Run a search to its end."""
    run = SimulatedRun()
    heap: list[tuple[float, int, _Place]] = []
    order = 0

    def timed(call: Callable[[], Any]) -> Any:
        before = cpu()
        result = call()
        passed = cpu() - before
        clock.now += passed
        run.thinking += passed
        return result

    def push(place: _Place, start: float) -> None:
        nonlocal order
        order += 1
        heapq.heappush(heap, (clock.now + start + place.curve.seconds[place.epochs], order, place))

    def fill() -> None:
        while len(heap) < workers:
            trial = timed(driver.next)
            if trial is None:
                break
            settings = run.settings[trial.trial_id] = {
                "model_name": trial.model_name,
                **trial.settings,
            }
            curve = trainings.curve(settings, seed)
            spent = float(curve.seconds[: trial.epochs].sum())
            push(_Place(trial, curve, clock.now, trial.epochs, spent), START)

    fill()
    while heap:
        at, _, place = heapq.heappop(heap)
        clock.now = max(clock.now, at)
        place.spent += float(place.curve.seconds[place.epochs])
        place.epochs += 1
        metrics = place.curve.at(place.epochs)
        told = (place.trial.trial_id, place.epochs, place.spent, metrics)
        arrived = clock.now
        became = timed(partial(driver.report, *told))
        run.said.append(Said(arrived, place.trial.trial_id, place.epochs, metrics, became))
        if became == GOES_ON:
            push(place, 0.0)
        else:
            run.intervals.append((place.began, arrived))
        fill()
    run.ended = clock.now
    assert driver.finished, "nothing runs, and nothing starts: the search is stuck"
    return run
