"""The surrogate of one objective: predictions for trials that run, are paused or could start."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from recsae.search.curve_gp.curves import Curve, Segment, Standardised, segment, segment_ends
from recsae.search.curve_gp.gaussian_process import Kernel
from recsae.search.curve_gp.posterior import Posterior, Query
from recsae.search.curve_gp.unit_cube import Array


class Arm(NamedTuple):
    """Something that could be trained on."""

    features: Array
    epochs: int
    """Trained so far."""
    end: int
    trial_id: int
    """-1 for a new trial."""

    @property
    def horizons(self) -> tuple[int, ...]:
        """Epochs up to which it may be trained before the next decision."""
        return tuple(stop for stop in segment_ends(self.end) if stop > self.epochs)


class Running(NamedTuple):
    """A trial that runs now: it will soon have reported the next segment."""

    features: Array
    epochs: int
    end: int
    trial_id: int


class Forecast(NamedTuple):
    """How an estimate may move: [arm] and [arm, horizon]."""

    mean: Array
    moves: Array
    """Standard deviations of the change, in order of the arm's horizons; 0 past the last."""


class Surrogate:
    """The posterior of one objective or constraint.

    What runs now counts as reported as expected (the kriging believer of Ginsbourger et al., 2010).
    """

    def __init__(
        self, curves: Mapping[int, Curve], kernel: Kernel, running: Sequence[Running] = ()
    ) -> None:
        """`curves`: by the number of the trial; earlier searches' have negative numbers."""
        self.seen = Standardised.of(list(curves.values()))
        self.numbers = {number: i for i, number in enumerate(curves)}
        """Index of each trial that is seen."""
        self._posterior = Posterior(self.seen.observations, kernel)
        if running:
            self._posterior = self._expecting(running)

    @property
    def noise(self) -> float:
        """Standard deviation of a last value around what its setting is worth, standardised."""
        return float(np.sqrt(self._posterior.trial_effect + self._posterior.noise))

    def ends(self, features: Array, beside: Array | None = None) -> tuple[Array, Array]:
        """Return means at the end, and deviations; of the difference to a setting, if given."""
        mean, variance = self._posterior.ends(features, beside)
        return mean, np.sqrt(variance)

    def scaled(self, value: float) -> float:
        """Return a value of the metric as it is modelled."""
        return (value - self.seen.middle) / self.seen.spread

    def forecast(self, arms: Sequence[Arm], beside: Array | None) -> Forecast:
        """Return how training further would move the estimates, or how far beside a setting's."""
        horizons = [arm.horizons for arm in arms]
        most = max(len(own) for own in horizons)
        rows = [(a, h) for a, own in enumerate(horizons) for h in range(len(own))]
        whose = np.array([a for a, _ in rows])
        segments = [_next_segment(arms[a], horizons[a][h]) for a, h in rows]
        features = np.stack([arm.features for arm in arms])
        trial = np.array([self.numbers.get(arm.trial_id, -1) for arm in arms])
        nothing = np.full(len(arms), -1)
        zero = np.zeros(max(len(arms), len(rows)))
        ends = Query(features, zero[: len(arms)], zero[: len(arms)], nothing)
        later = Query(
            features[whose],
            np.array([one.walk for one in segments]),
            np.array([one.age for one in segments]),
            trial[whose],
        )
        mean, end_known = self._posterior.known(ends)
        _, later_known = self._posterior.known(later)
        # Covariance of the end and of the later value, given what was observed.
        own = Query(features[whose], zero[: len(rows)], zero[: len(rows)], nothing[whose])
        shared = self._posterior.prior(own, later) - (end_known[:, whose] * later_known).sum(axis=0)
        if beside is not None:
            place = Query(beside[None, :], zero[:1], zero[:1], np.array([-1]))
            known = self._posterior.known(place)[1]
            shared -= self._posterior.prior(place, later) - (known * later_known).sum(axis=0)
        variance = self._posterior.prior(later, later) - (later_known**2).sum(axis=0)
        variance += self._posterior.noise / np.array([one.span for one in segments])
        # A new trial also brings the effect of its seed.
        variance += np.where(trial[whose] < 0, self._posterior.trial_effect, 0.0)
        # cov(end, later) / sd(later): by so much the estimate of the end moves.
        moves = np.zeros((len(arms), most))
        moves[whose, [h for _, h in rows]] = np.abs(shared) / np.sqrt(np.maximum(variance, 1e-12))
        return Forecast(mean, moves)

    def _expecting(self, running: Sequence[Running]) -> Posterior:
        """Return the posterior as if running trials had reported their next segment as expected."""
        seen = self._posterior.seen
        segments = [_next_segment(Arm(*one), Arm(*one).horizons[0]) for one in running]
        trial = [self.numbers.get(one.trial_id, -1) for one in running]
        features = np.stack([one.features for one in running])
        walk = np.array([one.walk for one in segments])
        age = np.array([one.age for one in segments])
        query = Query(features, walk, age, np.array(trial))
        mean, _ = self._posterior.known(query)
        # Trials without a report get a row of their own; the others only more values.
        new = [i for i, index in enumerate(trial) if index < 0]
        places = {i: len(seen.task) + n for n, i in enumerate(new)}
        more = seen._replace(
            features=np.vstack([seen.features, features[new]]),
            task=np.append(seen.task, np.zeros(len(new), dtype=seen.task.dtype)),
            trial=np.append(seen.trial, [places.get(i, index) for i, index in enumerate(trial)]),
            walk=np.append(seen.walk, walk),
            age=np.append(seen.age, age),
            span=np.append(seen.span, [one.span for one in segments]),
            value=np.append(seen.value, mean),
        )
        return self._posterior.with_more(query, more)


def _next_segment(arm: Arm, horizon: int) -> Segment:
    """Return the last segment of an arm up to a horizon, without its value."""
    before = max((stop for stop in segment_ends(arm.end) if stop < horizon), default=0)
    return segment(max(before, arm.epochs), horizon, arm.end)
