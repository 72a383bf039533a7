"""Searches that are not ours, driven as their own libraries drive them: Ray Tune's, Syne Tune's.

Ray's controller in short: a result goes to the stopper (the trial's own end, the time), else to
the scheduler; unless that stops the trial, the searcher is told the value; a trial that ends, by
itself or by the scheduler, is told complete to both with its last result.
"""

import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

import numpy as np
import optuna
from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler
from ray.tune.search.optuna import OptunaSearch

from recsae.results import States
from recsae.search.engine.director import TrialRun
from recsae.search.engine.new_trials import trial_seed
from recsae.search.samplers.optuna_adapter.trials import draw_by
from recsae.search.simulation.simulator import GOES_ON, Clock
from recsae.space import SearchSpace
from recsae.space.parameters import MODEL, SEED, drawn_before

TIME = "training_iteration"
GRACE, FACTOR = 1, 3


class LibraryDriver(ABC):
    """A Driver around foreign objects; stops all at the end of its time, as Tune's stopper does."""

    def __init__(self, space: SearchSpace, clock: Clock, seconds: float) -> None:
        self.space, self._clock, self._seconds = space, clock, seconds
        self._asked = self._running = 0

    @property
    def over(self) -> bool:
        """True when the time is up."""
        return self._clock() >= self._seconds

    @property
    def finished(self) -> bool:
        """True when nothing runs after the end."""
        return self.over and not self._running

    def next(self) -> TrialRun | None:
        """Ask for the next trial."""
        if self.over:
            return None
        trial_id, self._asked = self._asked, self._asked + 1
        self._running += 1
        params = self.suggest(trial_id)
        params.setdefault(SEED, trial_seed(self.space.search.seed, trial_id))
        settings = self.space.settings_for(params).values()
        return TrialRun(trial_id, params[MODEL], settings, 0)

    def report(
        self, trial_id: int, epochs: int, seconds: float, metrics: Mapping[str, float]
    ) -> str:
        """Pass a report on."""
        result = {TIME: epochs, **metrics}
        ended = epochs >= self.space.max_epochs
        if not ended and not self.over and not self.stops(trial_id, result):
            return GOES_ON
        self.complete(trial_id, result)
        self._running -= 1
        return States.COMPLETE if ended else States.PRUNED

    def fail(self, trial_id: int, error: str) -> None:
        """Refuse: the trainings of a surrogate do not fail."""
        raise AssertionError(f"trial {trial_id}: {error}")

    @abstractmethod
    def suggest(self, trial_id: int) -> dict[str, Any]:
        """Return the parameters of a new trial, as `SearchSpace.suggest` gives them."""

    @abstractmethod
    def stops(self, trial_id: int, result: dict[str, Any]) -> bool:
        """Tell of a result in between; return True if the trial ends now."""

    @abstractmethod
    def complete(self, trial_id: int, result: dict[str, Any]) -> None:
        """Tell that a trial has ended, with its last result."""


@dataclass(frozen=True)
class _Named:
    """All that Ray's schedulers look at in a trial."""

    trial_id: str


def _named(trial_id: int) -> Any:
    return _Named(str(trial_id))


_NO_CONTROLLER: Any = None


class Stock(LibraryDriver):
    """Ray Tune with OptunaSearch and ASHAScheduler, as their documentation puts them together.

    Of several objectives ASHA knows nothing: then trials run to their end.
    """

    def __init__(self, space: SearchSpace, clock: Clock, seconds: float) -> None:
        super().__init__(space, clock, seconds)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        names, ways = list(space.objectives), list(space.objectives.values())
        single = len(names) == 1
        self._searcher = OptunaSearch(
            self._define,
            metric=names[0] if single else names,
            mode=ways[0] if single else ways,
            seed=space.search.seed,
        )
        self._scheduler: TrialScheduler = FIFOScheduler()  # type: ignore[no-untyped-call]
        if single:
            self._scheduler = ASHAScheduler(
                time_attr=TIME,
                metric=names[0],
                mode=ways[0],
                max_t=space.max_epochs,
                grace_period=GRACE,
                reduction_factor=FACTOR,
            )

    def _define(self, trial: Any) -> dict[str, Any]:
        return self.space.suggest(draw_by(trial))

    def suggest(self, trial_id: int) -> dict[str, Any]:
        """Ask OptunaSearch."""
        params = self._searcher.suggest(str(trial_id))
        assert params is not None
        self._scheduler.on_trial_add(_NO_CONTROLLER, _named(trial_id))
        return params

    def stops(self, trial_id: int, result: dict[str, Any]) -> bool:
        """Ask the scheduler; tell the searcher of what goes on."""
        trial = _named(trial_id)
        if self._scheduler.on_trial_result(_NO_CONTROLLER, trial, result) == TrialScheduler.STOP:
            return True
        self._searcher.on_trial_result(str(trial_id), result)
        return False

    def complete(self, trial_id: int, result: dict[str, Any]) -> None:
        """Tell both: a stopped trial is complete with its last value, whatever its epoch."""
        trial = _named(trial_id)
        self._scheduler.on_trial_complete(_NO_CONTROLLER, trial, result)
        self._searcher.on_trial_complete(str(trial_id), result)


class Syne(LibraryDriver):
    """Syne Tune's ASHA with its random searcher; MOASHA, which draws by itself, for several."""

    def __init__(self, space: SearchSpace, clock: Clock, seconds: float) -> None:
        super().__init__(space, clock, seconds)
        schedulers = "syne_tune.optimizer.schedulers"
        one = import_module("syne_tune.optimizer.baselines").ASHA
        several = import_module(f"{schedulers}.multiobjective.moasha").MOASHA
        names = list(space.objectives)
        self._signs = {n: -1.0 if way == "max" else 1.0 for n, way in space.objectives.items()}
        common: dict[str, Any] = {
            "config_space": _syne_space(space),
            "time_attr": TIME,
            "max_t": space.max_epochs,
            "grace_period": GRACE,
            "reduction_factor": FACTOR,
            "random_seed": space.search.seed,
        }
        logging.getLogger("syne_tune").setLevel(logging.ERROR)
        np.random.seed(space.search.seed)  # noqa: NPY002 (MOASHA draws from the global one)
        self._scheduler: Any = (
            one(metric=names[0], **common) if len(names) == 1 else several(metrics=names, **common)
        )
        self._trials: dict[int, Any] = {}

    def suggest(self, trial_id: int) -> dict[str, Any]:
        """Ask its scheduler."""
        drawn = self._scheduler.suggest().config
        trial = import_module("syne_tune.backend.trial_status").Trial(trial_id, drawn, datetime.min)
        self._trials[trial_id] = trial
        self._scheduler.on_trial_add(trial)
        return self.space.suggest(drawn_before(drawn))

    def stops(self, trial_id: int, result: dict[str, Any]) -> bool:
        """Ask its scheduler."""
        signed = self._signed(result)
        return bool(self._scheduler.on_trial_result(self._trials[trial_id], signed) == "STOP")

    def complete(self, trial_id: int, result: dict[str, Any]) -> None:
        """Tell its scheduler of a trial that ran to its end; it knows those that it stopped."""
        if result[TIME] >= self.space.max_epochs:
            self._scheduler.on_trial_complete(self._trials[trial_id], self._signed(result))

    def _signed(self, result: dict[str, Any]) -> dict[str, Any]:
        return {TIME: result[TIME], **{n: sign * result[n] for n, sign in self._signs.items()}}


def _syne_space(space: SearchSpace) -> dict[str, Any]:
    syne = import_module("syne_tune.config_space")
    found: dict[str, Any] = {}
    for p in space.parameters:
        if p.kind == "choice":
            found[p.name] = syne.choice(list(p.choices))
        elif p.kind != "fixed":
            assert p.low is not None and p.high is not None
            if p.kind == "int":
                draw = syne.lograndint if p.log else syne.randint
                found[p.name] = draw(math.floor(p.low), math.floor(p.high))
            else:
                found[p.name] = (syne.loguniform if p.log else syne.uniform)(p.low, p.high)
    return found
