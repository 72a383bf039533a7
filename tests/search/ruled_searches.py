"""Searches with curves that are given, on a simulated clock: a rule, a director, some workers."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recsae.search.engine import events
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import SamplerWithScheduler, Scheduler, StartTrial
from recsae.search.schedulers import scheduler_for
from recsae.space.space import SearchSpace, space_of

ONE, TWO = {"ndcg@10": "max"}, {"ndcg@10": "max", "l0": "min"}
NAMES = ("asha", "asha_promote", "hyperband", "median", "one_epoch", "none")


def ruled(
    name: str, objectives: Mapping[str, str] = ONE, epochs: int = 9, **keys: int
) -> Scheduler:
    """Return a rule by its name, for trials of so many epochs."""
    return scheduler_for(ruled_space(name, objectives, epochs, **keys))


def ruled_space(
    name: str, objectives: Mapping[str, str] = ONE, epochs: int = 9, **keys: int
) -> SearchSpace:
    """Return a space with a rule."""
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

    def metrics(self, trial_id: int, epoch: int) -> dict[str, Any]:
        """Return what a trial reports."""
        values = dict(zip(self.objectives, self.values(trial_id, epoch), strict=True))
        return values | {"leak": trial_id in self.leaks and epoch >= self.leaks[trial_id]}

    def shown_to(self, director: Director, trial_id: int, epoch: int) -> bool:
        """Report an epoch or fail; return True if the trial goes on."""
        if self.fails.get(trial_id) == epoch:
            director.fail(trial_id, "it had to")
            return False
        seconds = epoch * self.seconds(trial_id)
        return director.report(trial_id, epoch, seconds, self.metrics(trial_id, epoch))


class Numbers:
    """Proposes nothing but the number of the trial."""

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        return {"n": trial_id}

    def on_event(self, history: History, trial: Trial) -> None:
        pass


def directed(
    rule: Scheduler,
    world: World,
    budget: Budget,
    listeners: Iterable[Callable[[Event, Trial], None]] = (),
) -> tuple[Director, list[Event]]:
    """Return a director of a world's trials, and its journal."""

    def complete(drawn: dict[str, Any], trial_id: int) -> StartTrial:
        return StartTrial("SASRec_SAE", drawn, drawn, world.epochs(trial_id))

    journal: list[Event] = []
    director = Director(
        SamplerWithScheduler(Numbers(), rule, complete),
        History(world.objectives),
        budget,
        journal=journal,
        listeners=listeners,
        clock=lambda: 0.0,
    )
    return director, journal


def searched(
    rule: Scheduler,
    world: World,
    trials: int,
    workers: int = 1,
    listeners: Iterable[Callable[[Event, Trial], None]] = (),
    past: Iterable[Event] = (),
    **budget: Any,
) -> tuple[History, list[Event]]:
    """Run a whole search, or the rest of one; return its history and its journal."""
    director, journal = directed(rule, world, Budget(trials, **budget), listeners)
    director.replay(past)
    journal += past
    running: list[tuple[float, int, int, int]] = []  # when, order, trial, epoch
    now, order = 0.0, 0
    while True:
        while len(running) < workers and (leg := director.next()) is not None:
            order += 1
            then = now + world.seconds(leg.trial_id)
            heapq.heappush(running, (then, order, leg.trial_id, leg.epochs + 1))
        if not running:
            break
        now, _, trial_id, epoch = heapq.heappop(running)
        if world.shown_to(director, trial_id, epoch):
            order += 1
            then = now + world.seconds(trial_id)
            heapq.heappush(running, (then, order, trial_id, epoch + 1))
    assert director.finished
    return director.history, journal


def resumed(
    rule: Scheduler, world: World, budget: Budget, journal: list[Event], cut: int
) -> list[Event]:
    """Return the events of a search that was cut after some, and then meets what the rest met."""
    director, new = directed(rule, world, budget)
    director.replay(journal[:cut])
    for _ in range(director.history.running):
        director.next()  # those that ran are handed out again first
    for event in journal[cut:]:
        if event["kind"] in (events.ASKED, events.GOES_ON):
            director.next()
        else:
            epoch = director.history.trials[event["trial_id"]].epochs + 1
            world.shown_to(director, event["trial_id"], epoch)
    return new
