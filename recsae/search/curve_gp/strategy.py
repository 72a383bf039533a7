"""Our strategy: one model of settings and epochs decides what starts, what goes on, what rests.

Whatever may be trained is an arm: a new setting, or a trial that waits. The model says how far the
estimate of the arm's quality at its end would move if it were trained up to a horizon, the next
epochs at which a decision is due or its end. What that gains is weighed against what it costs:

    gain(horizon) / (epochs to it + P(it then leads) * epochs from it to the end)

for a trial that comes out ahead must run to its end to count, and one that does not is left there.
The best such ratio of an arm is its index, and the arm with the highest index is trained. That is
the rule by which boxes of unknown worth are opened (Weitzman, 1979; for expensive functions Xie et
al., 2024, "Cost-aware Bayesian optimization via the Pandora's box Gittins index"), as a ratio.
Epochs are the cost, for measured seconds would differ when a search is resumed. A few trials are
none of the model's, see `outsiders`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np

from recsae.results import States
from recsae.search.curve_gp.acquisition import Comparison, Weighed, allowance
from recsae.search.curve_gp.asha_trials import Outsiders
from recsae.search.curve_gp.candidates import Candidates
from recsae.search.curve_gp.curves import stops
from recsae.search.curve_gp.forecasts import Arm, Outlook, Running
from recsae.search.curve_gp.surrogates import Beliefs
from recsae.search.curve_gp.unit_cube import Array, Cube
from recsae.search.engine.history import WORST, History, Trial
from recsae.search.engine.new_trials import EPOCHS, completed
from recsae.search.engine.strategy import Decision, ResumeTrial, Step
from recsae.search.samplers.guided import GuidedSampler
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space.space import SearchSpace

WAITING: Final = 12
"""Paused trials that are looked at closely."""
HOPELESS: Final = 0.02
"""A trial that comes out ahead with less probability is not kept."""
WORTH: Final = 0.05
"""With no new trials to start, waiting ones go on while they may gain this share of the noise."""


def pauses(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may pause."""
    return stops(space.max_epochs)[:-1]


class OurStrategy:
    """A Strategy, and the sampler of its own new trials."""

    lasting: ClassVar = False
    exact: Final = True
    """A resumed search goes on exactly as one that was never stopped."""

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> None:
        self._space, self._cube = space, Cube(space)
        self._guided = GuidedSampler(space, self)
        self._candidates = Candidates(self._cube, space.search.seed)
        self._beliefs = Beliefs(space, self._cube, warm)
        self._outsiders = Outsiders(space, self._planned)
        self._last: tuple[Any, Weighed] | None = None

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        self._beliefs.on_event(history, trial)
        self._outsiders.on_event(history, trial)

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        """Start a new trial, or let a paused one go on."""
        if not (may_ask and self._outsiders.due(trial_id)):
            further = self._further(history, may_ask)
            if further is not None or not may_ask:
                return further
        return completed(self._space, self._guided.propose(history, trial_id), trial_id)

    def draw(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return the settings of a new trial, before the user's priors."""
        if trial_id < self._planned:
            point = self._candidates.first[trial_id - self._given]
        elif self._beliefs.hypers and not self._outsiders.due(trial_id):
            weighed = self._weighed(history, None)
            index = weighed.index(None)[: len(weighed.points)]
            point = weighed.points[int(np.argmax(index))]
        else:
            point = self._candidates.any(trial_id)
        return self._cube.drawn(point)

    def judge(self, history: History, trial: Trial) -> Decision:
        """Let a trial go on, unless something else is worth more."""
        if min(history.values(trial.reports[-1])) <= WORST:
            return Decision.STOP
        if self._outsiders.leads(trial):
            return self._outsiders.judge(history, trial)
        if trial.epochs not in stops(trial.max_epochs):
            return Decision.GO_ON
        if not self._beliefs.hypers or len(history) < self._planned:
            return Decision.PAUSE
        weighed = self._weighed(history, trial)
        index = weighed.index(trial.trial_id)
        listed = (i for i, arm in enumerate(weighed.arms) if arm.trial_id == trial.trial_id)
        mine = next(listed, None)
        if mine is None:
            return Decision.STOP  # so many others wait that it would hardly ever go on
        if index[mine] >= index.max():
            return Decision.GO_ON
        return Decision.PAUSE if weighed.probable[mine].max() >= HOPELESS else Decision.STOP

    @property
    def _given(self) -> int:
        """How many starting points the user gives."""
        return len(self._space.points)

    @property
    def _planned(self) -> int:
        """How many trials are fixed beforehand."""
        return self._given + len(self._candidates.first)

    def _further(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return the trial that waits and is worth more than any new one, if there is one."""
        if not self._beliefs.hypers or len(history) < self._planned:
            return None if may_ask else self._first_waiting(history)
        weighed = self._weighed(history, None)
        index = weighed.index(None)
        new = len(weighed.points)
        if len(index) == new:
            return None
        waiting = int(np.argmax(index[new:])) + new
        if may_ask:
            worth = bool(index[waiting] > index[:new].max())
        else:
            worth = bool(weighed.gains[waiting].max() > WORTH * weighed.noise)
            worth |= not history.answered
        return ResumeTrial(weighed.arms[waiting].trial_id) if worth else None

    def _first_waiting(self, history: History) -> ResumeTrial | None:
        waiting = (t.trial_id for t in history if t.state == States.PAUSED)
        return next((ResumeTrial(number) for number in waiting), None)

    def _weighed(self, history: History, judged: Trial | None) -> Weighed:
        """Return all arms: the same whether a trial is being judged, or was and then paused."""
        running = [t for t in history if t.state == States.RUNNING and t is not judged]
        key = (
            *(history.epochs, len(history), history.ended - (judged is not None and judged.ended)),
            *(t.trial_id for t in running),
        )
        if self._last is None or self._last[0] != key:
            self._last = key, self._weigh(history, judged, running)
        return self._last[1]

    def _weigh(self, history: History, judged: Trial | None, running: Sequence[Trial]) -> Weighed:
        beliefs = self._beliefs
        ahead = [
            Running(beliefs.features(t), t.epochs, t.max_epochs, t.trial_id)
            for t in running
            if t.epochs < t.max_epochs
        ]
        outlooks = beliefs.outlooks(history, ahead)
        aims, limits = outlooks[: len(history.objectives)], outlooks[len(history.objectives) :]
        told = [t for t in history if t.trial_id in aims[0].numbers and t.reports]
        comparison = self._compare(history, told, running, aims)
        waiting = [
            (m, t)
            for m, t in zip(comparison.means[:, 0], told, strict=True)
            if t is judged or t.state == States.PAUSED
        ]
        waiting.sort(key=lambda pair: (-pair[0], pair[1].trial_id))
        order = np.argsort(-comparison.means.mean(axis=1), kind="stable")[:6]
        good = np.array([beliefs.points[told[i].trial_id] for i in order])

        def score(points: Array) -> Array:
            features = self._cube.features(points)
            seen = [aim.ends(features, comparison.beside) for aim in aims]
            rise, _ = comparison.gain(
                *(np.stack(part, axis=-1) for part in zip(*seen, strict=True))
            )
            return rise * allowance(limits, features)

        points = list(self._candidates.shortlist(len(history), good, score))
        arms = [Arm(self._cube.features(p[None])[0], 0, self._end(p), -1) for p in points]
        arms += [
            Arm(beliefs.features(t), t.epochs, t.max_epochs, t.trial_id)
            for _, t in waiting[:WAITING]
        ]
        forecasts = [aim.forecast(arms, comparison.beside) for aim in aims]
        moves = np.stack([forecast.moves for forecast in forecasts], axis=-1)
        mean = np.stack([forecast.mean for forecast in forecasts], axis=-1)
        gains, probable = comparison.gain(np.broadcast_to(mean[:, None], moves.shape), moves)
        may = allowance(limits, np.stack([arm.features for arm in arms]))[:, None]
        return Weighed(arms, points, gains * may, probable * may, aims[0].noise)

    def _compare(
        self,
        history: History,
        told: Sequence[Trial],
        running: Sequence[Trial],
        aims: Sequence[Outlook],
    ) -> Comparison:
        """Return what a gain is measured from: estimates of what is complete, or soon will be."""
        features = np.stack([self._beliefs.features(t) for t in told]) if told else self._centre()
        means = np.stack([aim.ends(features)[0] for aim in aims], axis=-1)
        bound = [
            i
            for i, t in enumerate(told)
            if (t.state == States.COMPLETE or (t in running and 2 * t.epochs >= t.max_epochs))
            and self._space.allowed(t.reports[-1].metrics)
        ]
        if not bound:
            return Comparison(means, features[means[:, 0].argmax()], means.min() - 1.0)
        best = max(bound, key=lambda i: (means[i, 0], -i))
        return Comparison(means, features[best], float(means[best, 0]))

    def _centre(self) -> Array:
        return self._cube.features(self._candidates.first[:1])

    def _end(self, point: Array) -> int:
        """Return the epochs of a new trial."""
        names = [side.name for side in self._cube.sides]
        if EPOCHS in names:
            i = names.index(EPOCHS)
            return int(self._cube.sides[i].value(float(point[i])))
        return self._space.max_epochs
