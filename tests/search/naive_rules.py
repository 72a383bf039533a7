"""The rules once more, in the plainest way: everything is looked up in the history anew."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from recsae.results import States
from recsae.search.engine.history import WORST, History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial

Vector = tuple[float, ...]


def fronts(points: Sequence[Vector]) -> list[list[int]]:
    """Return the numbers of the points, front by front."""
    left, found = list(range(len(points))), []
    while left:
        front = [i for i in left if not any(dominates(points[j], points[i]) for j in left)]
        found.append(front)
        left = [i for i in left if i not in front]
    return found


def dominates(one: Vector, other: Vector) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def scaled(points: Sequence[Vector], front: Sequence[int]) -> dict[int, NDArray[np.float64]]:
    """Return a front's points by number, each objective by its range."""
    array = np.array([points[i] for i in front])
    low, width = array.min(axis=0), array.max(axis=0) - array.min(axis=0)
    return dict(zip(front, (array - low) / np.where(width > 0, width, 1), strict=True))


def distances(points: Sequence[Vector], front: Sequence[int], gone: set[int]) -> dict[int, float]:
    """Return for those of a front that have not gone how far they are from those that have."""
    at = scaled(points, front)
    left = [i for i in front if i not in gone]
    if len(left) == len(front):
        return {i: float(at[i][0]) for i in left}
    others = [at[i] for i in front if i in gone]
    return {i: min(sqrt(sum((at[i] - other) ** 2)) for other in others) for i in left}


def finds_room(points: Sequence[Vector], went: Sequence[bool], factor: int) -> bool:
    """Return True if the last point finds a free place among the best."""
    last, room = len(points) - 1, (len(points) - 1) // factor + 1
    for front in fronts(points):
        if last in front:
            gone = {i for i in front if went[i]}
            if len(gone) >= room:
                return False
            far = distances(points, front, gone)
            own = far.pop(last)
            return not far or own >= float(np.median(list(far.values())))
        room -= len(front)
    raise AssertionError


def first(points: Sequence[Vector], waiting: set[int], quota: int) -> int | None:
    """Return who goes on next: one that waits, and is among the best if those gone stand first."""
    if len(points[0]) == 1:
        order = sorted(range(len(points)), key=lambda i: -points[i][0])
        return next((i for i in order[:quota] if i in waiting), None)
    ahead = 0
    for front in fronts(points):
        gone = {i for i in front if i not in waiting}
        if len(gone) < len(front) and ahead + len(gone) < quota:
            far = distances(points, front, gone)
            return max(far, key=lambda i: far[i])
        ahead += len(front)
    return None


def vector(history: History, trial: Trial, epochs: int) -> Vector:
    report = trial.at(epochs)
    assert report is not None
    values = history.values(report)
    return (WORST,) * len(values) if WORST in values else values


class Naive:
    """What the plain rules share."""

    def __init__(self, rungs: tuple[int, ...], factor: int) -> None:
        self.rungs, self.factor = rungs, factor
        self.came: list[tuple[int, int]] = []  # (trial, epochs), in order

    def on_event(self, history: History, trial: Trial) -> None:
        if trial.reports and (trial.trial_id, trial.epochs) not in self.came:
            self.came.append((trial.trial_id, trial.epochs))

    def at(self, epochs: int) -> list[int]:
        """Return the trials that came to a rung, in the order in which they came."""
        return [trial_id for trial_id, at in self.came if at == epochs]


class NaiveAsha(Naive):
    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        return None

    def judge(self, history: History, trial: Trial) -> Decision:
        if trial.epochs not in self.rungs:
            return Decision.GO_ON
        own = vector(history, trial, trial.epochs)
        came = [i for i in self.at(trial.epochs) if i != trial.trial_id]
        others = [vector(history, history.trials[i], trial.epochs) for i in came]
        if WORST in own:
            return Decision.STOP
        if not others:
            return Decision.GO_ON
        if len(own) == 1:
            stays = own[0] >= np.percentile([v[0] for v in others], (1 - 1 / self.factor) * 100)
        else:
            gone = [
                history.trials[i].state != States.PRUNED or history.trials[i].epochs > trial.epochs
                for i in came
            ]
            stays = finds_room([*others, own], [*gone, False], self.factor)
        return Decision.GO_ON if stays else Decision.STOP


class NaivePromote(Naive):
    def judge(self, history: History, trial: Trial) -> Decision:
        if trial.epochs not in self.rungs:
            return Decision.GO_ON
        if WORST in vector(history, trial, trial.epochs):
            return Decision.STOP
        return Decision.GO_ON if self.next(history, trial) == trial.trial_id else Decision.PAUSE

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        found = self.next(history)
        if found is not None:
            return ResumeTrial(found)
        if may_ask or history.running or history.has_answer:
            return None
        found = self.next(history, by_rule=False)
        return None if found is None else ResumeTrial(found)

    def next(self, history: History, also: Trial | None = None, by_rule: bool = True) -> int | None:
        for epochs in reversed(self.rungs):
            came = self.at(epochs)
            if len(history.objectives) == 1:
                came = sorted(came)  # a tie goes to the older trial
            waiting = {
                place
                for place, trial in enumerate(history.trials[i] for i in came)
                if trial.epochs == epochs and (trial.state == States.PAUSED or trial is also)
            }
            points = [vector(history, history.trials[i], epochs) for i in came]
            quota = len(came) // self.factor if by_rule else len(came)
            found = first(points, waiting, quota) if points else None
            if found is not None:
                return came[found]
        return None
