"""The recorded trials of a run, searched again: the production Director on their curves.

Only settings that were trained can be given out, so a sampler has no say here: the trials come in
an order that is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsae.results import DEV, Columns, Results, States, records, settings_of
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director, Journal, TrialRun
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import StartTrial
from recsae.search.samplers.base import Sampler
from recsae.search.simulation.curves import Curve
from recsae.search.simulation.simulator import Clock, Directed, SimulatedRun, drive
from recsae.search.strategies import expected_values_for, scheduler_for, strategy_with
from recsae.space import SearchSpace
from recsae.space.parameters import EPOCHS, MODEL


@dataclass(frozen=True)
class RecordedTrial:
    """A trial of a run, as far as it was trained."""

    trial_id: int
    model_name: str
    settings: dict[str, Any]
    max_epochs: int
    curve: Curve

    @property
    def start(self) -> StartTrial:
        """The trial as a search starts it."""
        return StartTrial(self.model_name, self.settings, self.settings, self.max_epochs)


def recorded_trials(results: Results) -> list[RecordedTrial]:
    """Return the trials of a run in its order."""
    longest, none = results.space.max_epochs, results.curves.iloc[:0]
    curves = dict(iter(results.curves.groupby(Columns.TRIAL_ID)))
    found = []
    for row in records(results.trials):
        number, settings = int(row[Columns.TRIAL_ID]), settings_of(row)
        error = str(row[Columns.ERROR]) if row[Columns.STATE] == States.FAILED else None
        curve = _curve(curves.get(number, none), error)
        model, epochs = str(settings.pop(MODEL)), int(settings.get(EPOCHS, longest))
        found.append(RecordedTrial(number, model, settings, epochs, curve))
    return found


def _curve(rows: pd.DataFrame, error: str | None) -> Curve:
    """Return a trial's curve up to the first epoch that is not there."""
    rows = rows.sort_values(Columns.EPOCH)
    rows = rows[rows[Columns.EPOCH].to_numpy() == np.arange(1, len(rows) + 1)]
    # A trial that was lost has begun anew with fewer seconds.
    seconds = np.diff(rows[Columns.SECONDS].to_numpy(float), prepend=0.0).clip(min=0.0)
    metrics = {
        str(name).removeprefix(DEV): np.asarray(
            rows[name].astype("Float64").to_numpy(float, na_value=np.nan), np.float64
        )
        for name in rows.columns
        if name not in (Columns.TRIAL_ID, Columns.EPOCH, Columns.SECONDS)
    }
    return Curve(seconds, metrics, error)


@dataclass(frozen=True)
class Outcome:
    """What a search over recorded trials comes to."""

    history: History
    run: SimulatedRun
    trials: Sequence[RecordedTrial]
    """In the order in which they were offered."""

    @property
    def complete(self) -> frozenset[int]:
        """The recorded trials that are complete."""
        found = (t.trial_id for t in self.history if t.state == States.COMPLETE)
        return frozenset(self.trials[number].trial_id for number in found)

    @property
    def known(self) -> list[Trial]:
        """The trials whose end is known, numbered in the order given."""
        return [trial for trial in self.history if trial.trial_id not in self.run.unknown]

    @property
    def unknown(self) -> list[int]:
        """The recorded trials that would have been trained farther than they were."""
        return sorted(self.trials[number].trial_id for number in self.run.unknown)


def searched_again(
    space: SearchSpace,
    trials: Sequence[RecordedTrial],
    workers: int,
    journal: Journal | None = None,
) -> Outcome:
    """Let the rules of a space decide about recorded trials, which come in the order given."""
    offered, clock = trials[: space.search.trials], Clock()
    budget = Budget.of(space.search)
    budget.trials, budget.clock = len(offered), clock
    budget.begin()
    known = _Known(offered)
    strategy = strategy_with(space, _InOrder(space), scheduler_for(space), known.complete)
    history = History(space.objectives)
    expected = expected_values_for(space)
    director = Director(strategy, history, budget, journal=journal, clock=clock, expected=expected)
    run = drive(Directed(director), known, workers, clock, cpu=lambda: 0.0)
    return Outcome(history, run, offered)


@dataclass(frozen=True)
class _Known:
    """Recorded trials as new ones, by their place in the order."""

    trials: Sequence[RecordedTrial]

    def complete(self, drawn: dict[str, Any], trial_id: int) -> StartTrial:
        """Return the trial whose turn it is."""
        return self.trials[trial_id].start

    def training(self, trial: TrialRun, salt: int) -> Curve:
        """Return its curve."""
        return self.trials[trial.trial_id].curve


class _InOrder(Sampler):
    """Leaves it to the order which trial comes next."""

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Propose nothing."""
        return {}
