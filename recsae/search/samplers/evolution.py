"""Evolution, which keeps generations in its study: nsgaii and cmaes.

The study lives as long as the search. A search that is taken up again asks the same questions in
the same order, and so has the same generations, unless another version or space answers otherwise.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

import optuna
from optuna.samplers import BaseSampler, CmaEsSampler, NSGAIISampler

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.samplers.draws import seed_of
from recsae.search.samplers.observations import Observation, Observations
from recsae.search.samplers.studies import draw_by, study_of, tell
from recsae.space.space import SearchSpace

POPULATION: Final = 20
"""Trials a generation of nsgaii; with Optuna's 50 most searches would end in the first."""


class Lasting:
    """Asks a sampler with a seed of the trial's own, in one study for all trials."""

    lasting: ClassVar[bool] = True

    def __init__(
        self, space: SearchSpace, sampler: Callable[[int], BaseSampler], knows_limits: bool = True
    ) -> None:
        """`sampler` makes one from a seed; what it has learnt lies in the study.

        knows_limits: it can tell a broken limit from a bad value.
        """
        self._space, self._sampler, self._knows_limits = space, sampler, knows_limits
        self._worst = float("inf")
        self._read = Observations(space).read
        self._study = study_of(space, sampler(seed_of(space.search.seed, 0)))
        self._asked: tuple[int, optuna.Trial, dict[str, Any]] | None = None
        self._open: dict[int, optuna.Trial] = {}

    def draw(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial, the same until the trial starts."""
        if self._asked is None or self._asked[0] != trial_id:
            trial = self._ask(trial_id)
            self._asked = trial_id, trial, self._space.drawn(draw_by(trial))
        return dict(self._asked[2])

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event: a trial counts once, when it first pauses or ends."""
        if trial.state == States.RUNNING and not trial.reports:
            self._open[trial.trial_id] = self._begun(trial)
        elif trial.state != States.RUNNING and trial.trial_id in self._open:
            metrics = trial.reports[-1].metrics if trial.reports else {}
            failed = trial.state == States.FAILED
            observation = None if failed else self._read(trial.trial_id, trial.drawn, metrics)
            self._tell(self._open.pop(trial.trial_id), observation)

    def _tell(self, trial: optuna.Trial, observation: Observation | None) -> None:
        """Tell the study of an end; without limits, what breaks one is worse than all before."""
        if observation is not None and not self._knows_limits:
            value, broken = observation.values[0], observation.broken
            self._worst = min(self._worst, value)
            told = self._worst - broken if broken > 0 else value
            observation = observation._replace(values=(told,), broken=0.0)
        tell(self._study, trial, observation, self._knows_limits)

    def _begun(self, trial: Trial) -> optuna.Trial:
        """Return the study's trial of a new one, also of one that was drawn by something else."""
        asked, self._asked = self._asked, None
        if asked is not None:
            if asked[0] == trial.trial_id and asked[2] == trial.drawn:
                return asked[1]
            self._tell(asked[1], None)
        self._study.enqueue_trial(trial.drawn)
        own = self._ask(trial.trial_id)
        _ = own.relative_params  # so that it belongs to a generation
        self._space.drawn(draw_by(own))
        return own

    def _ask(self, trial_id: int) -> optuna.Trial:
        self._study.sampler = self._sampler(seed_of(self._space.search.seed, trial_id))
        return self._study.ask()


def nsgaii(seed: int) -> BaseSampler:
    """Return a genetic algorithm that keeps what no other trial beats in all objectives."""
    return NSGAIISampler(seed=seed, population_size=POPULATION)


def cmaes(seed: int) -> BaseSampler:
    """Return CMA-ES over the numbers of a space; choices are drawn by chance."""
    return CmaEsSampler(seed=seed, warn_independent_sampling=False)
