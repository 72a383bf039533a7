"""Lets a search run on trainings that are known, in simulated seconds: an event heap and a clock.

What decides is the production code: the `Director` with its strategy, history and budget, or
whatever else is a `Driver`. Ours here is only what Ray does: W places, trainings that report after
each epoch, and a driver that does one thing after the other. Its own CPU time is measured at each
call and passes on the clock too, so a slow model pays for being slow.

Where a curve ends before its trial does, what the trial would have reported is unknown. It then
leaves its place and reports no more, yet for the driver it runs on: what is decided about others
rests on what is known, and nothing is guessed.
"""

import heapq
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director, TrialRun
from recsae.search.engine.expected_values import ExpectedValues
from recsae.search.engine.history import History
from recsae.search.engine.strategy import Strategy
from recsae.search.simulation.curves import Curve

START: Final = 0.12
"""Seconds before a trial trains: what a process that is used again takes to set it up."""
GOES_ON: Final = "go_on"
UNLIMITED: Final = 10**9


class Trainings(Protocol):
    """What would be told by trainings."""

    def training(self, trial: TrialRun, salt: int) -> Curve:
        """Return the curve of a trial from its first epoch on; `salt` is for its noise."""


class Driver(Protocol):
    """A search as the simulator drives it."""

    def next(self) -> TrialRun | None:
        """Return what to start on a free place; None: nothing until something is reported."""

    def report(
        self, trial_id: int, epochs: int, seconds: float, metrics: Mapping[str, float]
    ) -> str:
        """Take in a report; return GOES_ON, or the state (of `States`) that the trial is in now."""

    def fail(self, trial_id: int, error: str) -> None:
        """End a trial that cannot go on."""

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
class TrialReport:
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
    reports: list[TrialReport] = field(default_factory=list)
    """In the order of the clock."""
    unknown: list[int] = field(default_factory=list)
    """Trials that would have gone on beyond their curves, in that order."""
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
    expected: ExpectedValues | None = None,
) -> SimulatedRun:
    """Run a strategy under the production Director until `seconds` are over; `seed` salts noise.

    `cpu` tells the CPU seconds that the driver has used; `lambda: 0.0` makes a run repeatable to
    the last bit. `expected`: see the Director.
    """
    clock = Clock()
    budget = Budget(trials, max_hours=seconds / 3600, clock=clock)
    budget.begin()
    history = History(objectives or {"ndcg@10": "max"})
    director = Director(strategy, history, budget, clock=clock, expected=expected)
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

    def fail(self, trial_id: int, error: str) -> None:
        """Tell it."""
        self.director.fail(trial_id, error)


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
    simulation = _Simulation(driver, trainings, workers, clock, seed, cpu)
    simulation.fill()
    while simulation.heap:
        simulation.report_next()
        simulation.fill()
    simulation.run.ended = clock.now
    assert driver.finished or simulation.run.unknown, (
        "nothing runs, and nothing starts: the search is stuck"
    )
    return simulation.run


@dataclass
class _Simulation:
    """A search under way."""

    driver: Driver
    trainings: Trainings
    workers: int
    clock: Clock
    seed: int
    cpu: Callable[[], float]
    run: SimulatedRun = field(default_factory=SimulatedRun)
    heap: list[tuple[float, int, _Place]] = field(default_factory=list)
    """When each place reports next; a count decides between equal times."""
    _pushed: int = 0

    def fill(self) -> None:
        """Start trials on the free places."""
        while len(self.heap) < self.workers:
            trial = self._timed(self.driver.next)
            if trial is None:
                break
            settings = {"model_name": trial.model_name, **trial.settings}
            self.run.settings[trial.trial_id] = settings
            curve = self.trainings.training(trial, self.seed)
            spent = float(curve.seconds[: trial.epochs].sum())
            self._push(_Place(trial, curve, self.clock.now, trial.epochs, spent), START)

    def report_next(self) -> None:
        """Let the place whose epoch ends first report it, and go on or leave."""
        at, _, place = heapq.heappop(self.heap)
        # The driver may have been busy when the epoch ended: the report has waited for it.
        self.clock.now = arrived = max(self.clock.now, at)
        place.spent += float(place.curve.seconds[place.epochs])
        place.epochs += 1
        trial_id, metrics = place.trial.trial_id, place.curve.at(place.epochs)
        report = partial(self.driver.report, trial_id, place.epochs, place.spent, metrics)
        became = self._timed(report)
        self.run.reports.append(TrialReport(arrived, trial_id, place.epochs, metrics, became))
        if became == GOES_ON:
            self._push(place, 0.0)
        else:
            self.run.intervals.append((place.began, arrived))

    def _push(self, place: _Place, start: float) -> None:
        if place.epochs == len(place.curve.seconds):
            self._end(place)
            return
        self._pushed += 1
        ends = self.clock.now + start + place.curve.seconds[place.epochs]
        heapq.heappush(self.heap, (ends, self._pushed, place))

    def _end(self, place: _Place) -> None:
        """Let a trial go whose curve ends here: it fails now, or what would follow is unknown."""
        trial_id, error = place.trial.trial_id, place.curve.error
        self.run.intervals.append((place.began, self.clock.now))
        if error is None:
            self.run.unknown.append(trial_id)
        else:
            self._timed(partial(self.driver.fail, trial_id, error))

    def _timed(self, call: Callable[[], Any]) -> Any:
        """Return what a call to the driver returns; its CPU seconds pass on the clock."""
        before = self.cpu()
        result = call()
        passed = self.cpu() - before
        self.clock.now += passed
        self.run.thinking += passed
        return result
