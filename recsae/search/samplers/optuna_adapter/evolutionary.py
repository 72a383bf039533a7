"""What nsgaii and cmaes share: one Optuna study that keeps their population for the whole search.

A search that is taken up again asks the same questions in the same order, and so has the same
populations, unless another version or space answers otherwise.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import optuna
from optuna.samplers import BaseSampler

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.draws import seed_of
from recsae.search.samplers.optuna_adapter.observations import Observation, Observations
from recsae.search.samplers.optuna_adapter.trials import draw_by, study_of, tell, told
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space import SearchSpace


class Evolutionary(Sampler):
    """Asks an Optuna sampler with a seed of the trial's own, in one study for all trials."""

    knows_constraints: ClassVar[bool] = True
    """It tells a violated constraint from a bad value."""

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> None:
        super().__init__(space, warm)
        self._worst = float("inf")
        self._read = Observations(space).read
        self._study = study_of(space, self.optuna_sampler(seed_of(space.search.seed, 0)))
        self._asked: tuple[int, optuna.Trial, dict[str, Any]] | None = None
        self._running: dict[int, optuna.Trial] = {}

    @abstractmethod
    def optuna_sampler(self, seed: int) -> BaseSampler:
        """Return a sampler; what it has learnt lies in the study."""

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial, the same until the trial starts."""
        if self._asked is None or self._asked[0] != trial_id:
            trial = self._ask(trial_id)
            self._asked = trial_id, trial, self._space.drawn(draw_by(trial))
        return dict(self._asked[2])

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event: a trial counts once, when it first pauses or ends."""
        if trial.state == States.RUNNING and not trial.reports:
            self._running[trial.trial_id] = self._started(trial)
        elif trial.state != States.RUNNING and trial.trial_id in self._running:
            told = trial.reports[-1] if trial.reports and trial.state != States.FAILED else None
            observation = None if told is None else self._read(trial.trial_id, trial.drawn, told)
            self._tell(self._running.pop(trial.trial_id), observation)

    def _tell(self, trial: optuna.Trial, observation: Observation | None) -> None:
        """Tell the study how a trial ended.

        Where the sampler knows no constraints, what violates one is worse than all before it.
        """
        if observation is not None and not self.knows_constraints:
            value, violation = observation.values[0], observation.violation
            self._worst = min(self._worst, value)
            penalised = self._worst - violation if violation > 0 else value
            observation = observation._replace(values=(penalised,), violation=0.0)
        tell(self._study, trial, observation, self.knows_constraints)

    def _started(self, trial: Trial) -> optuna.Trial:
        """Return the study's trial of a new one, also of one that was drawn by something else."""
        asked, self._asked = self._asked, None
        if asked is not None:
            if asked[0] == trial.trial_id and asked[2] == trial.drawn:
                return asked[1]
            # Asked for, yet never started: to the study it has failed.
            self._tell(asked[1], None)
        # Drawn by something else (a point, a prior): the study must hold it all the same.
        self._study.enqueue_trial(told(self._space, trial.drawn)[0])
        own = self._ask(trial.trial_id)
        _ = own.relative_params  # so that it belongs to a generation
        self._space.drawn(draw_by(own))
        return own

    def _ask(self, trial_id: int) -> optuna.Trial:
        self._study.sampler = self.optuna_sampler(seed_of(self._space.search.seed, trial_id))
        return self._study.ask()
