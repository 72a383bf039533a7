"""How good the answer of a simulated search is, on the surrogate of the other seed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from scipy.stats import qmc

from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.plan import budgets, times
from benchmarks.search_quality.recorded import Recorded, load
from benchmarks.search_quality.surrogate import Surrogate
from benchmarks.search_quality.tables import EPOCHS, TABLES, at_point
from recsae.results import States
from recsae.search.simulation.simulator import GOES_ON, SimulatedRun, TrialReport

DENSE = 14
"""The best setting is sought among 2^DENSE evenly spread ones."""


@dataclass(frozen=True)
class World:
    """A table with both of its surrogates, and what is best on each."""

    recorded: Recorded
    surrogates: tuple[Surrogate, Surrogate]

    @classmethod
    def of(cls, recorded: Recorded) -> "World":
        """Fit both."""
        return cls(recorded, (Surrogate(recorded, 0), Surrogate(recorded, 1)))

    @cached_property
    def times(self) -> Array:
        """When answers are judged."""
        return times(self.recorded)

    @cached_property
    def budgets(self) -> tuple[float, ...]:
        """Both, in simulated seconds."""
        return budgets(self.recorded)

    @cached_property
    def dense(self) -> list[dict[str, Any]]:
        """Settings all over the space, the recorded ones among them."""
        space = self.recorded.table.space
        net = qmc.Sobol(len(self.recorded.cube.names), seed=1).random_base2(DENSE)
        spread = [at_point(space, point) for point in np.asarray(net).tolist()]
        return [*self.recorded.settings, *spread]

    @cached_property
    def dense_ndcg(self) -> list[Array]:
        """Their final values on both surrogates."""
        return [surrogate.final(self.dense) for surrogate in self.surrogates]

    @cached_property
    def floors(self) -> list[float]:
        """Regret, judged by one surrogate, of what is best on the other: seeds and fits differ."""
        one, other = self.dense_ndcg
        return [float(one.max() - one[other.argmax()]), float(other.max() - other[one.argmax()])]

    @cached_property
    def worst(self) -> list[float]:
        """The lowest final value that was recorded with each seed: where hypervolume begins."""
        return [float(v) for v in self.recorded.curves["ndcg@10"][:, :, -1].min(1)]

    @cached_property
    def best_volumes(self) -> list[float]:
        """Hypervolumes of the Pareto sets of all dense settings."""
        return [self._volume(self.dense, seed) for seed in (0, 1)]

    @cached_property
    def noise(self) -> float:
        """Standard deviation that the seed of a training gives to its final value."""
        one, other = self.recorded.curves["ndcg@10"][:, :, -1]
        return float(np.sqrt(np.mean((one - other) ** 2) / 2))

    def regrets(self, settings: Sequence[Mapping[str, Any]], judge: int) -> Array:
        """Return how far each is below the best, by the surrogate `judge`."""
        values = self.surrogates[judge].final(settings)
        return np.asarray(self.dense_ndcg[judge].max() - values)

    def lost_volume(self, settings: Sequence[Mapping[str, Any]], judge: int) -> float:
        """Return the share of the best hypervolume that a set of settings leaves out."""
        return 1 - self._volume(settings, judge) / self.best_volumes[judge]

    @property
    def nothing(self) -> list[float]:
        """Regret of having no answer: that of a setting drawn at random, in the mean."""
        return [float(values.max() - values.mean()) for values in self.dense_ndcg]

    def _volume(self, settings: Sequence[Mapping[str, Any]], judge: int) -> float:
        if not settings:
            return 0.0
        surrogate = self.surrogates[judge]
        ndcg, l0 = surrogate.final(settings), surrogate.final(settings, "l0")
        most = max(one["sae_k"] for one in self.recorded.settings) + 1.0
        return hypervolume(ndcg, l0, self.worst[judge], most)


@cache
def world(table: str) -> World:
    """Return that of a recorded table, fitted once a process."""
    found = World.of(load(TABLES[table]))
    found.dense_ndcg, found.times  # noqa: B018 (now, so that no search is charged for it)
    return found


def hypervolume(more: Array, less: Array, least: float, most: float) -> float:
    """Return the area between (least, most) and what some point is at least as good as.

    `more` is the better the larger, `less` the better the smaller.
    """
    area, reached = 0.0, least
    edges = sorted((float(x), float(y)) for x, y in zip(less, more, strict=True) if x < most)
    ends = [*(x for x, _ in edges), most][1:]
    for (x, y), end in zip(edges, ends, strict=True):
        reached = max(reached, y)
        area += (end - x) * (reached - least)
    return area


def answers(run: SimulatedRun, moments: Array, selects: str) -> list[int | None]:
    """Return the trial that is the answer at each moment; None: there is none yet."""
    return [_chosen(last, selects) for last in _until(run.reports, moments)]


def fronts(run: SimulatedRun, moments: Array) -> list[tuple[int, ...]]:
    """Return the trials of the answer at each moment with two objectives: the Pareto set."""
    return [_front(last) for last in _until(run.reports, moments)]


def _until(reports: Iterable[TrialReport], moments: Array) -> Iterator[dict[int, TrialReport]]:
    """Yield the last report of each trial at each moment; one dict that grows."""
    waiting, last = list(reports)[::-1], {}
    for moment in moments:
        while waiting and waiting[-1].at <= moment:
            one = waiting.pop()
            last[one.trial_id] = one
        yield last


def _chosen(last: dict[int, TrialReport], selects: str) -> int | None:
    """Return what is answered.

    complete: the best trial that ran to its end and does not leak; without one, the best of those
    that may still go on, for that one would be run to its end. last: the best last value of all.
    """
    reports = list(last.values())
    if selects == "complete":
        whole = [o for o in reports if _whole(o)]
        reports = whole or [o for o in reports if o.became in (GOES_ON, States.PAUSED)]
    best = max(reports, key=lambda one: one.metrics["ndcg@10"], default=None)
    return best.trial_id if best is not None else None


def _front(last: dict[int, TrialReport]) -> tuple[int, ...]:
    """Return those that ran to their end and that no other one is at least as good as in both."""
    whole = sorted(
        (one for one in last.values() if _whole(one)),
        key=lambda one: (one.metrics["l0"], -one.metrics["ndcg@10"]),
    )
    found, reached = [], -np.inf
    for one in whole:
        if one.metrics["ndcg@10"] > reached:
            reached = one.metrics["ndcg@10"]
            found.append(one.trial_id)
    return tuple(found)


def _whole(one: TrialReport) -> bool:
    return one.epochs == EPOCHS and not one.metrics["leak"]
