"""How good the answer of a simulated search is: by the smooth mean that trainings vary about."""

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
from recsae.results.expected import QUIET, expected, quiet_measures
from recsae.search.simulation.simulator import GOES_ON, SimulatedRun, TrialReport

DENSE = 13
"""The best setting is sought among 2^DENSE evenly spread ones."""


@dataclass(frozen=True)
class World:
    """A table with its surrogate, and what is best there."""

    recorded: Recorded
    surrogate: Surrogate

    @classmethod
    def of(cls, recorded: Recorded) -> "World":
        """Fit it."""
        return cls(recorded, Surrogate(recorded))

    @cached_property
    def times(self) -> Array:
        """When answers are judged."""
        return times(self.recorded)

    @cached_property
    def budgets(self) -> tuple[float, ...]:
        """All, in simulated seconds."""
        return budgets(self.recorded)

    @cached_property
    def dense(self) -> list[dict[str, Any]]:
        """Settings all over the space, the recorded ones among them."""
        space = self.recorded.table.space
        net = qmc.Sobol(len(self.recorded.cube.names), seed=1).random_base2(DENSE)
        spread = [at_point(space, point) for point in np.asarray(net).tolist()]
        return [*self.recorded.settings, *spread]

    @cached_property
    def dense_ndcg(self) -> Array:
        """Their final values."""
        return self.surrogate.final(self.dense)

    @cached_property
    def worst(self) -> float:
        """The lowest final value at a recorded setting: where hypervolume begins."""
        return float(self.surrogate.final(self.recorded.settings).min())

    @cached_property
    def best_volume(self) -> float:
        """Hypervolume of the Pareto set of all dense settings."""
        return self._volume(self.dense)

    def regrets(self, settings: Sequence[Mapping[str, Any]]) -> Array:
        """Return how far each is below the best."""
        return np.asarray(self.dense_ndcg.max() - self.surrogate.final(settings))

    def lost_volume(self, settings: Sequence[Mapping[str, Any]]) -> float:
        """Return the share of the best hypervolume that a set of settings leaves out."""
        return 1 - self._volume(settings) / self.best_volume

    @property
    def nothing(self) -> float:
        """Regret of having no answer: that of a setting drawn at random, in the mean."""
        return float(self.dense_ndcg.max() - self.dense_ndcg.mean())

    def _volume(self, settings: Sequence[Mapping[str, Any]]) -> float:
        if not settings:
            return 0.0
        ndcg, l0 = self.surrogate.final(settings), self.surrogate.final(settings, "l0")
        most = max(one["sae_k"] for one in self.recorded.settings) + 1.0
        return hypervolume(ndcg, l0, self.worst, most)


@cache
def world(table: str) -> World:
    """Return that of a recorded table, fitted once a process."""
    found = World.of(load(TABLES[table]))
    found.dense_ndcg, found.times, found.best_volume  # noqa: B018 (now: no search is charged)
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
    chosen: dict[tuple[tuple[int, int], ...], int | None] = {}
    found = []
    for last in _until(run.reports, moments):
        able = _able(last, selects)
        key = tuple((one.trial_id, one.epochs) for one in able)
        if key not in chosen:
            chosen[key] = _chosen(able, selects, last)
        found.append(chosen[key])
    return found


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


def _able(last: dict[int, TrialReport], selects: str) -> list[TrialReport]:
    """Return the last reports of the trials that may be the answer.

    Those that ran to their end and do not leak; without one, those that may still go on, for the
    best of them would be run to its end. last: all trials.
    """
    reports = list(last.values())
    if selects == "last":
        return reports
    whole = [o for o in reports if _whole(o)]
    return whole or [o for o in reports if o.became in (GOES_ON, States.PAUSED)]


def _chosen(
    able: Sequence[TrialReport], selects: str, last: Mapping[int, TrialReport]
) -> int | None:
    """Return the best of them: by its score; fvu: by its FVU; expected: by its expected score,
    which the last reports of all trials tell as they do in a run's results."""
    if not able:
        return None
    values = np.array([one.metrics["ndcg@10"] for one in able])
    if selects == "fvu":
        values = -np.array([one.metrics["fvu"] for one in able])
    elif selects == "expected":
        ids = {one.trial_id for one in able}
        used = [*able, *(o for o in last.values() if o.trial_id not in ids)]
        measured = {name: [one.metrics[name] for one in used] for name in QUIET}
        epochs = np.array([one.epochs for one in used], float)
        scores = np.array([one.metrics["ndcg@10"] for one in used])
        told = expected(scores, quiet_measures(measured, epochs), epochs)
        values = told.values_N[: len(able)]
    return able[int(np.argmax(values))].trial_id


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
