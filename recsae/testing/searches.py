"""Whole searches without Ray: a space's strategy, a director, made curves, a kill.

Which of the running trials reports next is drawn at random, from the number of events so far, so
that a search that is taken up again meets the same world.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Strategy
from recsae.search.samplers.warm_start import WarmTrial
from recsae.search.strategies import expected_values_for, strategy_for
from recsae.space import SearchSpace
from recsae.testing.driver import Killed, MemoryJournal, drive

Metrics = dict[str, Any]
Curve = Callable[[int, dict[str, Any], int], Metrics | None]
"""Trial, its settings, epoch → what it reports; None: it fails."""


def made_metrics(trial_id: int, settings: dict[str, Any], epoch: int) -> Metrics | None:
    """Grow towards a smooth function of the settings; a few trials fail, leak or say nothing."""
    if (trial_id, epoch) in ((5, 1), (12, 2)):
        return None
    good = -abs(np.log10(settings.get("sae_lr", 1e-3)) + 2) - abs(settings.get("sae_k", 4) - 6) / 9
    ndcg = 0.2 + 0.05 * good - 0.1 * 0.5**epoch
    leak = trial_id % 7 == 6
    quiet = {"fvu": float(np.exp(-good)), "l0": float(settings.get("sae_k", 4))}
    return {"ndcg@10": ndcg, **quiet, "dead": 0.1, "leak": leak}


def search(
    space: SearchSpace,
    *,
    warm: Sequence[WarmTrial] = (),
    workers: int = 1,
    past: Iterable[Event] = (),
    kill_at: int | None = None,
    curve: Curve = made_metrics,
    strategy: Strategy | None = None,
) -> list[Event]:
    """Run a search, or go on with one, to its end or to the kill; return its journal."""
    journal = MemoryJournal(past, kill_at)
    director = Director(
        strategy or strategy_for(space, warm),
        History(space.objectives),
        Budget.of(space.search),
        journal=journal,
        clock=lambda: 0.0,
        expected=expected_values_for(space),
    )
    director.replay(past)

    def train(trial: Trial, epoch: int) -> Metrics | None:
        return curve(trial.trial_id, trial.settings, epoch)

    def at_random(running: Sequence[int]) -> int:
        draw = np.random.default_rng(len(journal))
        return running.index(int(draw.choice(sorted(running))))

    with suppress(Killed):
        drive(director, train, workers=workers, pick=at_random, seconds=lambda _: 10.0)
    return journal


def drawn_in(journal: Iterable[Event]) -> list[dict[str, Any]]:
    """Return what was drawn for each trial of a journal."""
    return [event["drawn"] for event in journal if event["kind"] == "asked"]
