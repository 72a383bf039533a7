"""The index policy of a search: everything that could be trained now, with its index."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from recsae.results import States
from recsae.search.curve_gp.acquisition import Acquisition, Incumbent, feasibility
from recsae.search.curve_gp.asha_trials import AshaTrials
from recsae.search.curve_gp.candidates import Candidates
from recsae.search.curve_gp.forecasts import Arm, Running, Surrogate
from recsae.search.curve_gp.surrogates import Surrogates
from recsae.search.curve_gp.unit_cube import Array, Cube
from recsae.search.engine.history import History, Trial
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space import EPOCHS, SearchSpace

MOST_PAUSED: Final = 12
"""Paused trials that are looked at closely."""


class IndexPolicy:
    """What sampler and scheduler know together; a function of the events that it was told."""

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial]) -> None:
        self.cube = Cube(space)
        self.candidates = Candidates(self.cube, space.search.seed)
        self.planned: Final = len(space.points) + len(self.candidates.first)
        """How many trials are fixed beforehand: the user's points, then evenly spread ones."""
        self.asha_trials = AshaTrials(space, self.planned)
        self._space = space
        self._surrogates = Surrogates(space, self.cube, warm)
        self._last: tuple[Any, Acquisition] | None = None

    @property
    def fitted(self) -> bool:
        """Whether there is enough to learn from."""
        return bool(self._surrogates.kernels)

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        self._surrogates.on_event(history, trial)
        self.asha_trials.on_event(history, trial)

    def acquisition(self, history: History, judged: Trial | None = None) -> Acquisition:
        """Return all arms: the same whether a trial is being judged, or was and then paused."""
        running = [t for t in history if t.state == States.RUNNING and t is not judged]
        # Pausing the judged trial changes none of these, so the arms are computed once for both.
        key = (
            *(history.epochs, len(history), history.ended - (judged is not None and judged.ended)),
            *(t.trial_id for t in running),
        )
        if self._last is None or self._last[0] != key:
            self._last = key, self._acquisition(history, judged, running)
        return self._last[1]

    def _acquisition(
        self, history: History, judged: Trial | None, running: Sequence[Trial]
    ) -> Acquisition:
        surrogates = self._surrogates.of(history, [self._running(t) for t in running if _on(t)])
        objectives = surrogates[: len(history.objectives)]
        constraints = surrogates[len(history.objectives) :]
        reported = [t for t in history if t.trial_id in objectives[0].numbers and t.reports]
        incumbent = self._incumbent(history, reported, running, objectives)
        points = self._shortlist(history, reported, incumbent, objectives, constraints)
        arms = [Arm(self.cube.features(p[None])[0], 0, self._end(p), -1) for p in points]
        arms += self._paused(reported, incumbent, judged)
        forecasts = [objective.forecast(arms, incumbent.features) for objective in objectives]
        moves = np.stack([forecast.moves for forecast in forecasts], axis=-1)
        mean = np.stack([forecast.mean for forecast in forecasts], axis=-1)
        improvements, probabilities = incumbent.improvement(
            np.broadcast_to(mean[:, None], moves.shape), moves
        )
        feasible = feasibility(constraints, np.stack([arm.features for arm in arms]))[:, None]
        return Acquisition(
            arms, points, improvements * feasible, probabilities * feasible, objectives[0].noise
        )

    def _running(self, trial: Trial) -> Running:
        features = self._surrogates.features(trial)
        return Running(features, trial.epochs, trial.max_epochs, trial.trial_id)

    def _paused(
        self, reported: Sequence[Trial], incumbent: Incumbent, judged: Trial | None
    ) -> list[Arm]:
        """Return the best of the paused trials as arms, the one that is judged among them."""
        paused = [
            (m, t)
            for m, t in zip(incumbent.means[:, 0], reported, strict=True)
            if t is judged or t.state == States.PAUSED
        ]
        paused.sort(key=lambda pair: (-pair[0], pair[1].trial_id))
        return [Arm(*self._running(t)) for _, t in paused[:MOST_PAUSED]]

    def _shortlist(
        self,
        history: History,
        reported: Sequence[Trial],
        incumbent: Incumbent,
        objectives: Sequence[Surrogate],
        constraints: Sequence[Surrogate],
    ) -> list[Array]:
        """Return the points of new trials that are expected to improve most at their end."""
        order = np.argsort(-incumbent.means.mean(axis=1), kind="stable")[:6]
        good = np.array([self._surrogates.points[reported[i].trial_id] for i in order])

        def score(points: Array) -> Array:
            features = self.cube.features(points)
            ends = [objective.ends(features, incumbent.features) for objective in objectives]
            improvement, _ = incumbent.improvement(
                *(np.stack(part, axis=-1) for part in zip(*ends, strict=True))
            )
            return improvement * feasibility(constraints, features)

        return list(self.candidates.shortlist(len(history), good, score))

    def _incumbent(
        self,
        history: History,
        reported: Sequence[Trial],
        running: Sequence[Trial],
        objectives: Sequence[Surrogate],
    ) -> Incumbent:
        """Return the best of what is complete, or soon will be."""
        features = self.cube.features(self.candidates.first[:1])
        if reported:
            features = np.stack([self._surrogates.features(t) for t in reported])
        means = np.stack([objective.ends(features)[0] for objective in objectives], axis=-1)
        eligible = [
            i
            for i, t in enumerate(reported)
            # One past half of its budget will be complete soon, unless something better comes.
            if (t.state == States.COMPLETE or (t in running and 2 * t.epochs >= t.max_epochs))
            and self._space.allowed(t.reports[-1].metrics)
        ]
        if not eligible:
            # Nothing is complete: all that could be is an improvement.
            return Incumbent(means, features[means[:, 0].argmax()], means.min() - 1.0)
        best = max(eligible, key=lambda i: (means[i, 0], -i))
        return Incumbent(means, features[best], float(means[best, 0]))

    def _end(self, point: Array) -> int:
        """Return the epochs of a new trial."""
        names = [side.name for side in self.cube.sides]
        if EPOCHS in names:
            i = names.index(EPOCHS)
            return int(self.cube.sides[i].value(float(point[i])))
        return self._space.max_epochs


def _on(trial: Trial) -> bool:
    """Return True if a trial has epochs left."""
    return trial.epochs < trial.max_epochs
