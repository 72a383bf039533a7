"""Whole searches without Ray: a space's sampler and rule, a director, made curves, a kill.

Which of the running trials reports next is drawn by chance, from the number of events so far, so
that a search that is taken up again meets the same world.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import History
from recsae.search.engine.new_trials import completed
from recsae.search.engine.strategy import Sampler, SamplerWithScheduler
from recsae.search.samplers import WarmTrial, sampler_for
from recsae.search.schedulers import scheduler_for
from recsae.space.space import SearchSpace

Metrics = dict[str, Any]
Curve = Callable[[int, dict[str, Any], int], Metrics | None]
"""Trial, its settings, epoch → what it reports; None: it fails."""


class Killed(Exception):
    """The driver is gone; what the journal has is all that there is."""


class Memory:
    """A journal in memory, of what a file would give back; the driver dies after some events."""

    def __init__(self, past: Iterable[Event] = (), kill_at: int | None = None) -> None:
        self.events, self._kill_at = list(past), kill_at

    def append(self, event: Event) -> None:
        """Keep an event."""
        self.events.append(json.loads(json.dumps(event)))
        if len(self.events) == self._kill_at:
            raise Killed


def made_metrics(trial_id: int, settings: dict[str, Any], epoch: int) -> Metrics | None:
    """Grow towards a smooth function of the settings; a few trials fail, leak or say nothing."""
    if (trial_id, epoch) in ((5, 1), (12, 2)):
        return None
    good = -abs(np.log10(settings.get("sae_lr", 1e-3)) + 2) - abs(settings.get("sae_k", 4) - 6) / 9
    ndcg = 0.2 + 0.05 * good - 0.1 * 0.5**epoch
    leak = trial_id % 7 == 6
    return {"ndcg@10": ndcg, "l0": float(settings.get("sae_k", 4)), "dead": 0.1, "leak": leak}


def search(
    space: SearchSpace,
    *,
    warm: Sequence[WarmTrial] = (),
    workers: int = 1,
    past: Iterable[Event] = (),
    kill_at: int | None = None,
    curve: Curve = made_metrics,
    sampler: Sampler | None = None,
) -> list[Event]:
    """Run a search, or go on with one, to its end or to the kill; return its journal."""
    journal = Memory(past, kill_at)
    sampler = sampler or sampler_for(space, warm)
    director = Director(
        SamplerWithScheduler(sampler, scheduler_for(space), partial(completed, space)),
        History(space.objectives),
        Budget.of(space.search),
        journal=journal,
        clock=lambda: 0.0,
    )
    director.replay(past)
    with suppress(Killed):
        _drive(director, journal, workers, curve)
    return journal.events


def _drive(director: Director, journal: Memory, workers: int, curve: Curve) -> None:
    running: list[int] = []
    while True:
        while len(running) < workers and (leg := director.next()) is not None:
            running.append(leg.trial_id)
        if not running:
            break
        chance = np.random.default_rng(len(journal.events))
        trial_id = int(chance.choice(sorted(running)))
        trial = director.history.trials[trial_id]
        epoch = trial.epochs + 1
        metrics = curve(trial_id, trial.settings, epoch)
        if metrics is None:
            director.fail(trial_id, "it had to")
            running.remove(trial_id)
        elif not director.report(trial_id, epoch, 10.0 * epoch, metrics):
            running.remove(trial_id)


def drawn_in(journal: Iterable[Event]) -> list[dict[str, Any]]:
    """Return what was drawn for each trial of a journal."""
    return [event["drawn"] for event in journal if event["kind"] == "asked"]
