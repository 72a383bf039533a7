"""The sampler `ours`: what an index policy over settings and epochs would start next."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsae.search.curve_gp.policy import IndexPolicy
from recsae.search.curve_gp.scheduler import CurveGPScheduler
from recsae.search.engine.history import History, Trial
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.warm_start import WarmTrial
from recsae.search.schedulers.base import Scheduler
from recsae.space import SearchSpace


class CurveGPSampler(Sampler):
    """Learns one Gaussian process over settings and epochs, and stops trials by it (experimental).

    It weighs every new setting and every paused trial against each other, see `acquisition`.
    """

    name = "ours"
    one_objective = True
    learns_from_others = True
    decides = True

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> None:
        super().__init__(space, warm)
        self._policy = IndexPolicy(space, warm)

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a new trial, before the user's priors."""
        policy = self._policy
        if trial_id < policy.planned:
            point = policy.candidates.first[trial_id - len(self._space.points)]
        elif policy.fitted and not policy.asha_trials.due(trial_id):
            acquisition = policy.acquisition(history)
            index = acquisition.index(None)[: len(acquisition.points)]
            point = acquisition.points[int(np.argmax(index))]
        else:
            point = policy.candidates.at_random(trial_id)
        return policy.cube.drawn(point)

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event, for the scheduler too."""
        self._policy.on_event(history, trial)

    def scheduler(self) -> Scheduler:
        """Return the scheduler that shares the policy."""
        return CurveGPScheduler(self._policy, self._space.max_epochs)
