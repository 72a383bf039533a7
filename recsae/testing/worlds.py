"""Searches with given curves on a simulated clock: a scheduler, a director, some workers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recsae.search.engine import events
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import StartTrial
from recsae.search.samplers.base import Sampler
from recsae.search.schedulers.base import Scheduler
from recsae.search.strategies import SamplerWithScheduler, scheduler_for
from recsae.space import SearchSpace, space_of
from recsae.testing.driver import ByClock, MemoryJournal, drive, report

ONE, TWO = {"ndcg@10": "max"}, {"ndcg@10": "max", "l0": "min"}


def scheduler_named(
    name: str, objectives: Mapping[str, str] = ONE, epochs: int = 9, **keys: int
) -> Scheduler:
    """Return a scheduler by its name, for trials of so many epochs."""
    return scheduler_for(space_with(name, objectives, epochs, **keys))


def space_with(
    name: str, objectives: Mapping[str, str] = ONE, epochs: int = 9, **keys: int
) -> SearchSpace:
    """Return a space with a scheduler."""
    return space_of(
        {
            "model_name": "SASRec_SAE",
            "parameters": {"sae_k": 3, "sae_epochs": epochs},
            "objectives": dict(objectives),
            "scheduler": {"name": name, **keys},
        }
    )


@dataclass
class World:
    """What trials would report, and when."""

    values: Callable[[int, int], tuple[float, ...]]
    """Of trial and epoch, in the order of the objectives."""
    objectives: Mapping[str, str] = field(default_factory=lambda: ONE)
    epochs: Callable[[int], int] = lambda trial_id: 9
    fails: Mapping[int, int] = field(default_factory=dict)
    """Trial → the epoch that it does not survive."""
    leaks: Mapping[int, int] = field(default_factory=dict)
    """Trial → the epoch from which on it leaks."""
    seconds: Callable[[int], float] = lambda trial_id: 1.0
    """Of an epoch of a trial."""

    def sound(self, trial_id: int) -> bool:
        """Return True if the trial could become an answer."""
        return trial_id not in self.fails and trial_id not in self.leaks

    def train(self, trial: Trial, epoch: int) -> dict[str, Any] | None:
        """Return what a trial reports, None if it fails."""
        number = trial.trial_id
        if self.fails.get(number) == epoch:
            return None
        values = dict(zip(self.objectives, self.values(number, epoch), strict=True))
        return values | {"leak": number in self.leaks and epoch >= self.leaks[number]}


class Numbers(Sampler):
    """Proposes nothing but the number of the trial."""

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return the number."""
        return {"n": trial_id}


def directed(
    scheduler: Scheduler,
    world: World,
    budget: Budget,
    listeners: Iterable[Callable[[Event, Trial], None]] = (),
) -> tuple[Director, list[Event]]:
    """Return a director of a world's trials, and its journal."""

    def complete(drawn: dict[str, Any], trial_id: int) -> StartTrial:
        return StartTrial("SASRec_SAE", drawn, drawn, world.epochs(trial_id))

    journal = MemoryJournal()
    director = Director(
        SamplerWithScheduler(Numbers(space_with("none")), scheduler, complete),
        History(world.objectives),
        budget,
        journal=journal,
        listeners=listeners,
        clock=lambda: 0.0,
    )
    return director, journal


def searched(
    scheduler: Scheduler,
    world: World,
    trials: int,
    workers: int = 1,
    listeners: Iterable[Callable[[Event, Trial], None]] = (),
    past: Iterable[Event] = (),
    **budget: Any,
) -> tuple[History, list[Event]]:
    """Run a whole search, or the rest of one; return its history and its journal."""
    director, journal = directed(scheduler, world, Budget(trials, **budget), listeners)
    director.replay(past)
    journal += past
    by_clock = ByClock(world.seconds)
    drive(director, world.train, workers=workers, pick=by_clock, seconds=world.seconds)
    assert director.finished
    return director.history, journal


def resumed(
    scheduler: Scheduler, world: World, budget: Budget, journal: list[Event], cut: int
) -> list[Event]:
    """Return the events of a search that was cut after some, and then meets what the rest met."""
    director, new = directed(scheduler, world, budget)
    director.replay(journal[:cut])
    for _ in range(director.history.running):
        director.next()  # those that ran are handed out again first
    for event in journal[cut:]:
        if event["kind"] in (events.STARTED, events.RESUMED):
            director.next()
        else:
            report(director, event["trial_id"], world.train, world.seconds)
    return new
