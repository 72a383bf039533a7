"""What a surrogate learns of the trials so far: settings, values, and violated constraints.

A trial is running, so that others keep away from it, until it first pauses or ends. From then on it
counts by its last report, as good as it measured there, however early it was stopped: that is the
rule of Ray's and Optuna's own coupling.
"""

from collections.abc import Mapping, Sequence
from heapq import nlargest, nsmallest
from itertools import product
from math import isfinite
from operator import attrgetter
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from recsae.metrics.bounds import Bound, number
from recsae.results import States
from recsae.search.engine.history import Trial
from recsae.search.engine.reports import Report
from recsae.space import SearchSpace

MOST: Final = 300
"""So many trials at most are shown to a surrogate, that an ask costs no more and no more."""
_STEPS: Final = 4  # of the weight of an objective, from none to all
_number: Final = attrgetter("number")
_LEAKS: Final = 10.0  # a violation ten times over: no constraint of a metric is worth a leak


class Observation(NamedTuple):
    """One trial as a surrogate sees it."""

    number: int
    """Its trial_id; below 0 if it comes from an earlier search."""
    drawn: dict[str, Any]
    values: tuple[float, ...]
    """The objectives, signed so that more is better."""
    violation: float
    """By how much its metrics violate the space's constraints, 0 or less if they do not."""


class Observations:
    """Follows a search, and says what a surrogate may see of it: the same after the same events."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._bounds = {name: Bound.of(text) for name, text in space.constraints.items()}
        self._running: dict[int, Trial] = {}
        self._done: dict[int, Trial] = {}
        self._read: dict[int, tuple[int, Observation | None]] = {}

    def on_event(self, trial: Trial) -> None:
        """Learn of an event of a trial."""
        if trial.state == States.RUNNING and trial.trial_id not in self._done:
            self._running[trial.trial_id] = trial
            return
        self._running.pop(trial.trial_id, None)
        if trial.reports and trial.state != States.FAILED:
            self._done[trial.trial_id] = trial
        else:
            # A trial that failed teaches nothing, not even by its reports before.
            self._done.pop(trial.trial_id, None)

    @property
    def running(self) -> list[tuple[int, dict[str, Any]]]:
        """Number and settings of those trials that have neither paused nor ended yet."""
        return [(n, trial.drawn) for n, trial in self._running.items()]

    def seen(self) -> list[Observation]:
        """Return what is known of the others, at most MOST, by number."""
        found = []
        for trial in self._done.values():
            report = trial.reports[-1]
            epochs, observation = self._read.get(trial.trial_id, (0, None))
            if epochs != report.epochs:
                observation = self.read(trial.trial_id, trial.drawn, report)
                self._read[trial.trial_id] = report.epochs, observation
            if observation is not None:
                found.append(observation)
        return sorted(bounded(found, MOST), key=_number)

    def read(self, number_: int, drawn: dict[str, Any], report: Report) -> Observation | None:
        """Return the observation of a report; None if an objective is missing."""
        values = []
        for name, way in self._space.objectives.items():
            value = number(report.value(name))
            if value is None or not isfinite(value):
                return None
            values.append(-value if way == "min" else value)
        return Observation(number_, drawn, tuple(values), self._violation(report.metrics))

    def _violation(self, metrics: Mapping[str, Any]) -> float:
        parts = [_LEAKS if number(metrics.get("leak")) else 0.0]
        for name, bound in self._bounds.items():
            value = number(metrics.get(name))
            if value is not None and isfinite(value):
                parts.append(bound.broken_by(value))
        # Of one that meets all constraints, how narrowly: 0 or less, as Optuna expects.
        beyond = sum(part for part in parts if part > 0)
        return beyond or max(parts[1:], default=0.0)


def bounded(found: Sequence[Observation], most: int) -> list[Observation]:
    """Return at most so many: the best third, the newest third, the rest spread over what is left.

    A surrogate of these finds the same good region, still knows the bad ones, and costs no more at
    3,000 trials than at 500.
    """
    if len(found) <= most:
        return list(found)
    third = most // 3
    by_number = sorted(found, key=_number)
    chosen = {o.number: o for o in [*best(by_number, third), *by_number[-third:]]}
    left = [o for o in by_number if o.number not in chosen]
    places = np.linspace(0, len(left) - 1, most - len(chosen)).round().astype(int)
    return [*chosen.values(), *(left[place] for place in places)]


def best(found: Sequence[Observation], many: int) -> list[Observation]:
    """Return the best: feasible ones first; of several objectives the best by each mix."""
    feasible = [o for o in found if o.violation <= 0]
    if feasible and len(feasible[0].values) > 1:
        feasible = [feasible[place] for place in _fan(np.array([o.values for o in feasible]), many)]
    else:
        feasible = nlargest(many, feasible, key=lambda o: (o.values[0], -o.number))
    beyond = (o for o in found if o.violation > 0)
    return feasible + nsmallest(many - len(feasible), beyond, key=lambda o: (o.violation, o.number))


def _fan(values_NM: npt.NDArray[np.float64], many: int) -> list[int]:
    """Return the places of the best by several weightings of the objectives, in turn."""
    ranks_NM = (-values_NM).argsort(0, kind="stable").argsort(0) / len(values_NM)
    steps = product(range(_STEPS + 1), repeat=values_NM.shape[1])
    orders = [
        # The furthest objective counts, and a little of all, so that no dominated one ties.
        ((ranks_NM * weights).max(1) + 0.1 * ranks_NM.mean(1)).argsort(kind="stable")[:many]
        for weights in steps
        if sum(weights) == _STEPS
    ]
    in_turn = dict.fromkeys(np.stack(orders, axis=1).ravel().tolist())
    return list(in_turn)[:many]
