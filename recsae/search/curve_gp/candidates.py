"""Candidates for a new trial: random settings, and good ones with small changes."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.stats import qmc

from recsae.search.curve_gp.unit_cube import Array, Cube

FIRST: Final = 8
"""Trials that are spread evenly before the surrogate is asked."""
POOL: Final = 256
"""Settings of which the surrogate predicts the end: half of them anywhere, half near good ones."""
NEAR: Final = 96
"""Settings near the best of those."""
LISTED: Final = 12
"""New settings that are looked at closely."""

_SOBOL, _WIDE, _CLOSE = 11, 12, 13
"""Uses of generators, beside those of `samplers.draws`."""


class Candidates:
    """Points of a cube, each trial's from generators of its own."""

    def __init__(self, cube: Cube, seed: int) -> None:
        self._cube, self._seed = cube, seed
        self.first = self._sobol()
        """The evenly spread ones, for the first trials."""

    def at_random(self, trial_id: int) -> Array:
        """Return a random point."""
        random = self._random(trial_id, _WIDE)
        return np.asarray(self._cube.spread(random.random((1, self._cube.dimensions)))[0])

    def shortlist(self, trial_id: int, good: Array, score: Callable[[Array], Array]) -> Array:
        """Return the points of the highest scores that were found, the best first."""
        random = self._random(trial_id, _WIDE)
        wide = self._cube.spread(random.random((POOL // 2, self._cube.dimensions)))
        pool = _best(np.vstack([wide, self._around(random, good, POOL // 2)]), score)
        near = self._around(self._random(trial_id, _CLOSE), pool[:5], NEAR)
        return _best(np.vstack([pool, near]), score)

    def _around(self, random: np.random.Generator, good: Array, count: int) -> Array:
        """Return points that differ from good ones in about half of their sides, near or far."""
        sides = self._cube.dimensions
        which = good[random.integers(len(good), size=count)]
        # From 1 to 30 percent of a side: some only refine, some look further.
        far = 10 ** random.uniform(-2.0, -0.5, (count, 1))
        moves = random.random((count, sides)) < max(0.5, 2 / max(sides, 1))
        moved = which + far * random.standard_normal((count, sides)) * moves
        # Reflected at 0 and 1: clipping would pile candidates up on the ends.
        return self._cube.settled(1 - np.abs(1 - np.abs(moved)))

    def _sobol(self) -> Array:
        sides = self._cube.dimensions
        if not sides:
            return np.zeros((1, 0))
        sequence = qmc.Sobol(sides, seed=self._random(0, _SOBOL))
        return self._cube.spread(sequence.random(FIRST))

    def _random(self, trial_id: int, use: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([self._seed, trial_id, use]))


def _best(points: Array, score: Callable[[Array], Array]) -> Array:
    # Also sorts them, so that a tie is broken the same way each time.
    points = np.unique(points, axis=0)
    return points[np.argsort(-score(points), kind="stable")[:LISTED]]
