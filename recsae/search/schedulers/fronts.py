"""Trials at a rung by several objectives: non-dominated sorting, kept up as trials come.

Front 0 holds the trials that no other beats in everything, front 1 those that only front 0 beats,
and so on. A new trial may push others down: only along the ones that it dominates, front by front
(Li et al. 2017, efficient non-domination level update), so nothing is ever sorted anew.

Within a front the order spreads over it (Salinas et al. 2021): first the best in the first
objective, then ever the one that is farthest from those before it, each objective measured by its
range in the front. The cut of a rung thereby keeps a whole front in outline, not one end of it.
Those that have gone on stand before the rest, and the rest by their distance from them. Else the
order would change so much with each trial that in time most of a front would have been among the
best, and one that was stopped would keep its end of the front from all later ones.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

Places = NDArray[np.int64]


class Fronts:
    """A table for several objectives, see `rung_table.RungTable`."""

    def __init__(self, objectives: int) -> None:
        # By place, the order in which trials came; with room for more.
        self._values = np.empty((16, objectives))
        self._levels = np.zeros(16, dtype=np.int64)
        self._held = np.zeros(16, dtype=bool)
        self._trials: list[int] = []
        self._places: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._trials)

    def __contains__(self, trial_id: int) -> bool:
        return trial_id in self._places

    def add(self, trial_id: int, values: tuple[float, ...]) -> None:
        """Take in a trial; those that it dominates may move to later fronts."""
        place = self._places[trial_id] = len(self._trials)
        if place == len(self._levels):
            self._values, self._levels, self._held = (
                np.concatenate([array, np.zeros_like(array)])
                for array in (self._values, self._levels, self._held)
            )
        point = np.asarray(values)
        level, known = self._level(point), self._values[:place]
        # Only what it dominates can move, and what that dominates in turn is among them.
        below = np.flatnonzero((known <= point).all(axis=1) & (known < point).any(axis=1))
        self._trials.append(trial_id)
        self._values[place], self._levels[place] = point, level
        self._push(below, level)

    def hold(self, trial_id: int, held: bool) -> None:
        """Note whether a trial is paused or was stopped here."""
        self._held[self._places[trial_id]] = held

    def first(self, quota: int, also: int | None = None) -> int | None:
        """Return the best trial that is held and is among the best `quota`."""
        held = self._held[: len(self)]
        if also is not None:
            held = held.copy()
            held[self._places[also]] = True
        levels = self._levels[: len(self)]
        sizes = np.bincount(levels)
        for level in np.flatnonzero(np.bincount(levels[held])).tolist():
            room = quota - int(sizes[:level].sum())
            if room <= 0:
                break
            front = np.flatnonzero(levels == level)
            left = held[front]
            # Those of the front that went on have taken their places already.
            if room > len(front) - left.sum():
                far = self._distances(front, left)
                return self._trials[int(front[left][far.argmax()])]
        return None

    def survives(self, trial_id: int, factor: int) -> bool:
        """Return True if one of the places of the best is free for a trial.

        If some of its front were stopped, it takes a place only if it is farther from those that
        went on than half of them: so free places go to where the front is thin.
        """
        place, levels = self._places[trial_id], self._levels[: len(self)]
        room = (len(self) - 1) // factor + 1 - int((levels < levels[place]).sum())
        front = np.flatnonzero(levels == levels[place])
        left = self._held[front] | (front == place)
        if room <= len(front) - left.sum():
            return False
        far = self._distances(front, left)
        own = front[left] == place
        return len(far) == 1 or bool(far[own][0] >= np.median(far[~own]))

    def ahead(self, values: tuple[float, ...]) -> int:
        """Return how many are in earlier fronts than a trial of these values would be."""
        level = self._level(np.asarray(values))
        return int((self._levels[: len(self)] < level).sum())

    def _level(self, point: NDArray[np.float64]) -> int:
        """Return the front of a point: the one after the last that dominates it."""
        known = self._values[: len(self)]
        above = (known >= point).all(axis=1) & (known > point).any(axis=1)
        return int(self._levels[: len(self)][above].max(initial=-1)) + 1

    def _push(self, below: Places, level: int) -> None:
        """Move on what a new trial in the front `level` pushes; `below`: all that it dominates."""
        moving = below[self._levels[below] == level]
        while moving.size:
            level += 1
            # Before the others move in: they do not push one another.
            there = below[self._levels[below] == level]
            self._levels[moving] = level
            by, hit = self._values[moving][:, None], self._values[there]
            pushed = ((by >= hit).all(axis=2) & (by > hit).any(axis=2)).any(axis=0)
            moving = there[pushed]

    def _distances(self, front: Places, left: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how far those of a front that are `left` are from the nearest other.

        Each objective is measured by its range in the front. Without others, by what the first
        objective is better than its worst.
        """
        points = self._values[front]
        width = np.ptp(points, axis=0)
        points = (points - points.min(axis=0)) / np.where(width > 0, width, 1.0)
        if left.all():
            return np.asarray(points[:, 0])
        distances, _ = KDTree(points[~left]).query(points[left])
        return np.asarray(distances)
