"""The finalists of a search, trained anew with fresh seeds: which trials, and what is kept of them.

They are a run of trials like the search itself, with a journal of their own in RUN/finalists/. So
a driver that is killed costs nothing, and nothing is trained twice. No Ray.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsae.files import move_folder
from recsae.progress import say
from recsae.results import DEV, Columns, States
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import metric_columns
from recsae.search.engine.strategy import Decision, StartTrial, Step
from recsae.search.record.best_models import BestModels
from recsae.space import SEED, SchedulerSettings, SearchSettings, SearchSpace

FOLDER: Final = "finalists"
"""Folder in a run for their journal and the models of those that win."""
FACTORY: Final = "recsae.search.ray.trainable:finalist_trial"
_TAG: Final = 0x46494E
"""Tells these seeds from all others that come from the seed of a search."""

Key = tuple[int, int]
"""A trial of the search and the seed that it is trained with."""


def finalist_seed(search_seed: int, trial_id: int, index: int) -> int:
    """Return one of the fresh seeds of a finalist, the same in every search with this seed."""
    sequence = np.random.SeedSequence([search_seed, trial_id, index, _TAG])
    return int(sequence.generate_state(1)[0] >> 1)


def fresh_trials(finalists: Sequence[Trial], seeds: int, search_seed: int) -> list[StartTrial]:
    """Return the trainings to do: every finalist with its first seed, then with its second …"""
    return [
        _with_seed(trial, finalist_seed(search_seed, trial.trial_id, index))
        for index in range(seeds)
        for trial in finalists
    ]


def _with_seed(trial: Trial, seed: int) -> StartTrial:
    drawn = {Columns.TRIAL_ID: trial.trial_id, Columns.SEED: seed}
    return StartTrial(trial.model_name, drawn, trial.settings | {SEED: seed}, trial.max_epochs)


def key_of(drawn: Mapping[str, Any]) -> Key:
    """Return which trial and seed a training is for."""
    return int(drawn[Columns.TRIAL_ID]), int(drawn[Columns.SEED])


def model_folder(key: Key) -> str:
    """Return the name of the folder with the model of a training."""
    return "{}-{}".format(*key)


def finalist_space(space: SearchSpace, trainings: int) -> SearchSpace:
    """Return the space as that of the trainings: every one to its end, without a limit of time."""
    return replace(
        space,
        search=SearchSettings.of(
            {
                "sampler": "random",
                "trials": max(1, trainings),
                "seed": space.search.seed,
                "decide_by": "observed",
            }
        ),
        scheduler=SchedulerSettings.of({"name": "none"}),
    )


class Listed:
    """A strategy: each of a fixed list of new trials once, to its end."""

    exact: Final = True

    def __init__(self, trials: Iterable[StartTrial]) -> None:
        self._left = {key_of(trial.drawn): trial for trial in trials}

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        """Return the first that has not started."""
        return next(iter(self._left.values()), None) if may_ask else None

    def over(self, history: History) -> str | None:
        """Leave it to the number of trials."""
        return None

    def judge(self, history: History, trial: Trial) -> Decision:
        """Let it go on."""
        return Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None:
        """Strike out what has started, under this driver or an earlier one."""
        if self._left:
            self._left.pop(key_of(trial.drawn), None)


class AllModels(BestModels):
    """Keeps the model of every training, each in a folder of its own beside the journal."""

    def __init__(self, folder: Path, keys: Iterable[Key], objectives: Mapping[str, str]) -> None:
        """`keys`: all trainings that may be reported; no two have the same seed."""
        super().__init__(folder, objectives)
        self._folder = folder
        self._names = {seed: model_folder((trial_id, seed)) for trial_id, seed in keys}
        self._count = 0

    def add(self, row: Mapping[str, Any], ladder: Sequence[Mapping[str, Any]] = ()) -> None:
        """Move the model to where it stays; one that leaks was not saved."""
        if not (self._moved(row) or row.get(Columns.LEAK)):
            name = self._names[int(row[SEED])]
            say(f"the model {name} did not arrive: do all nodes share {self._folder}?")

    def select(self, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        """Do nothing: all stay."""

    def restore(
        self, rows: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]
    ) -> None:
        """Take in those that finished under an earlier driver, killed before it moved a model."""
        for row, _ in rows:
            self._moved(row)
        shutil.rmtree(self._waiting, ignore_errors=True)

    def delete_others(self) -> None:
        """Do nothing: all stay."""

    def note(self) -> str:
        """Return how many models there are."""
        return f"{self._count} trained" if self._count else ""

    def _moved(self, row: Mapping[str, Any]) -> bool:
        self._count += 1
        try:
            kept = self._folder / self._names[int(row[SEED])]
            move_folder(self._waiting / str(row[Columns.TRIAL_ID]), kept)
        except FileNotFoundError:
            return False
        return True


def history_of(past: Iterable[Event], objectives: Mapping[str, str]) -> History:
    """Return what the events of a journal come to."""
    director = Director(Listed(()), History(objectives), Budget(0))
    director.replay(past)
    return director.history


def row_of(trial: Trial) -> dict[str, Any]:
    """Return the row of a training that has ended, without its figures on test."""
    trial_id, seed = key_of(trial.drawn)
    row = {
        Columns.TRIAL_ID: trial_id,
        Columns.SEED: seed,
        Columns.EPOCHS: trial.epochs,
        Columns.SECONDS: trial.reports[-1].seconds if trial.reports else 0.0,
        Columns.ERROR: trial.error,
    }
    if trial.state == States.COMPLETE:
        columns = metric_columns(trial.reports[-1].metrics)
        row |= {name: value for name, value in columns.items() if name.startswith(DEV)}
    return row
