"""Which trials the index policy lets go on."""

from typing import ClassVar, Final

import numpy as np

from recsae.results import States
from recsae.search.curve_gp.curves import segment_ends
from recsae.search.curve_gp.policy import IndexPolicy
from recsae.search.engine.history import WORST, History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial
from recsae.search.schedulers.base import Scheduler

LEAST_PROBABILITY: Final = 0.02
"""A trial that comes out ahead with less probability is stopped."""
LEAST_IMPROVEMENT: Final = 0.05
"""With no new trials to start, paused ones go on while they may improve by this share of the noise.
"""


class CurveGPScheduler(Scheduler):
    """Lets the arm with the highest index go on. It belongs to the sampler, which learns for it."""

    pauses: ClassVar[bool] = True

    def __init__(self, policy: IndexPolicy, max_epochs: int) -> None:
        self._policy = policy
        self.rungs = segment_ends(max_epochs)[:-1]

    def judge(self, history: History, trial: Trial) -> Decision:
        """Let a trial go on, unless something else is worth more."""
        policy = self._policy
        if min(history.values(trial.reports[-1])) <= WORST:
            return Decision.STOP
        if policy.asha_trials.leads(trial):
            return policy.asha_trials.judge(history, trial)
        if trial.epochs not in segment_ends(trial.max_epochs):
            return Decision.GO_ON
        if not policy.fitted or len(history) < policy.planned:
            return Decision.PAUSE
        acquisition = policy.acquisition(history, trial)
        index = acquisition.index(trial.trial_id)
        # The trial is itself an arm, if it is among the best paused ones.
        listed = (i for i, arm in enumerate(acquisition.arms) if arm.trial_id == trial.trial_id)
        own = next(listed, None)
        if own is None:
            return Decision.STOP  # so many others are paused that it would hardly ever go on
        if index[own] >= index.max():
            return Decision.GO_ON
        ahead = acquisition.probabilities[own].max()
        return Decision.PAUSE if ahead >= LEAST_PROBABILITY else Decision.STOP

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return the paused trial that is worth more than any new one, if there is one."""
        policy = self._policy
        if may_ask and policy.asha_trials.due(len(history)):
            return None
        if not policy.fitted or len(history) < policy.planned:
            return None if may_ask else _first_paused(history)
        acquisition = policy.acquisition(history)
        index, new = acquisition.index(None), len(acquisition.points)
        if len(index) == new:
            return None
        best = int(np.argmax(index[new:])) + new
        if may_ask:
            worth = bool(index[best] > index[:new].max())
        else:
            least = LEAST_IMPROVEMENT * acquisition.noise
            worth = bool(acquisition.improvements[best].max() > least) or not history.has_answer
        return ResumeTrial(acquisition.arms[best].trial_id) if worth else None

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn nothing: the sampler is told of the same event, and shares what it learns."""


def _first_paused(history: History) -> ResumeTrial | None:
    paused = (t.trial_id for t in history if t.state == States.PAUSED)
    return next((ResumeTrial(number) for number in paused), None)
