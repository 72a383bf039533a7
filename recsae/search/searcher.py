"""Which settings a trial gets: Optuna by ask and tell, and the Ray searcher around it.

`Proposer` knows no Ray, so that a simulator or a test drives the very object that the cluster
does. Trials have our own numbers from 0; Ray's ids are random and stay in the adapter.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState
from ray.tune.search import Searcher

from recsae.errors import SettingError
from recsae.results import Columns, States
from recsae.sae.registry import variant
from recsae.search.reports import metrics_of
from recsae.search.space import SearchSpace
from recsae.settings import fields

SEED = "sae_seed"
DIRECTION = {"max": StudyDirection.MAXIMIZE, "min": StudyDirection.MINIMIZE}


@dataclass(frozen=True)
class Proposal:
    """One trial to run: its number, its variant and all its settings, defaults included."""

    trial_id: int
    model_name: str
    settings: dict[str, Any]


class OptunaDraw:
    """Lets an Optuna trial pick the values that a search space asks for."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def choice(self, name: str, options: Sequence[Any]) -> Any:
        """Pick one of the options."""
        return self._trial.suggest_categorical(name, list(options))

    def float(self, name: str, low: float, high: float, log: bool) -> Any:
        """Pick a number from low to high."""
        return self._trial.suggest_float(name, low, high, log=log)

    def int(self, name: str, low: int, high: int, log: bool, step: int) -> Any:
        """Pick an integer from low to high, both included."""
        return self._trial.suggest_int(name, low, high, log=log, step=step)


class Proposer:
    """Proposes trials of a space and learns from what became of them."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._asked = 0
        self._open: dict[int, optuna.Trial] = {}
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._study = optuna.create_study(
            directions=[DIRECTION[way] for way in space.objectives.values()],
            sampler=sampler(space.search.sampler, space.search.seed),
        )

    @property
    def finished(self) -> bool:
        """True when all trials of the space have been asked for."""
        return self._asked >= self._space.search.trials

    def ask(self) -> Proposal:
        """Return the next trial to run."""
        trial_id, self._asked = self._asked, self._asked + 1
        trial = self._open[trial_id] = self._study.ask()
        params = self._space.suggest(OptunaDraw(trial))
        if SEED in fields(variant(params[MODEL]).Settings):
            params.setdefault(SEED, trial_seed(self._space.search.seed, trial_id))
        settings = {name: v for name, v in self._resolved(params).items() if name != MODEL}
        return Proposal(trial_id, params[MODEL], settings)

    def tell(self, trial_id: int, metrics: Mapping[str, Any] | None) -> None:
        """Learn the last metrics of a trial, stopped early or not; None: it failed.

        A trial that leaks is told as infeasible, however good it looks.
        """
        trial = self._open.pop(trial_id)
        values = [(metrics or {}).get(name) for name in self._space.objectives]
        told = [float(v) for v in values if v is not None and math.isfinite(v)]
        if len(told) < len(values):
            self._study.tell(trial, state=TrialState.FAIL)
            return
        trial.set_constraint("leak", float(bool((metrics or {}).get("leak"))))
        self._study.tell(trial, told)

    def _resolved(self, params: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._space.settings_for(params).values()
        except SettingError:
            return params  # the trial meets the same error, and its row will tell it


MODEL = Columns.MODEL_NAME


def sampler(name: str, seed: int) -> optuna.samplers.BaseSampler:
    """Return Optuna's sampler for one of the names that a space may give."""
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # Without groups, conditional parameters would be drawn one by one, knowing nothing.
        return optuna.samplers.TPESampler(
            seed=seed, multivariate=True, group=True, constant_liar=True
        )


def trial_seed(search_seed: int, trial_id: int) -> int:
    """Return the seed of one trial, the same in every search with this seed."""
    return int(np.random.SeedSequence([search_seed, trial_id]).generate_state(1)[0] >> 1)


class StudySearcher(Searcher):
    """Feeds Ray Tune from a Proposer; counts the trials at once itself.

    Ray would fix their number at the start and count paused trials too. `slots` says how many may
    run or wait now; `config` is passed to every trial beside its proposal.
    """

    def __init__(
        self, proposer: Proposer, slots: Callable[[], int], config: Mapping[str, Any]
    ) -> None:
        super().__init__()
        self._proposer, self._slots, self._config = proposer, slots, dict(config)
        self._numbers: dict[str, int] = {}  # of the live trials, by Ray's id

    def suggest(self, trial_id: str) -> Any:
        """Return a trial's config; None while all slots are taken, FINISHED at the end."""
        if self._proposer.finished:
            return Searcher.FINISHED
        if len(self._numbers) >= max(1, self._slots()):
            return None
        proposal = self._proposer.ask()
        self._numbers[trial_id] = proposal.trial_id
        return {**self._config, **vars(proposal)}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tell the proposer; `result` is None for a trial that was lost before its first report."""
        number = self._numbers.pop(trial_id, None)
        if number is None:
            return
        failed = error or result is None or result.get(Columns.STATE) == States.FAILED
        self._proposer.tell(number, None if failed else metrics_of(result or {}))

    def set_max_concurrency(self, max_concurrent: int) -> bool:
        """Claim the counting, so that Ray's fixed limit is not enforced beside ours."""
        return True

    def save(self, checkpoint_path: str) -> None:
        """Keep nothing: a search is not resumed by Ray's own snapshots."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing, see `save`."""
