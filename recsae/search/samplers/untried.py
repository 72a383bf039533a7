"""Which settings of a finite space have been tried, and one that has not in place of one that has.

A range of numbers makes a space infinite: there nothing is counted, for no draw comes twice.
"""

import json
from collections import Counter
from functools import cached_property
from itertools import count
from typing import Any, Final

import numpy as np

from recsae.search.engine.history import Trial
from recsae.search.samplers.draws import Use, generator
from recsae.space import SearchSpace
from recsae.space.unit import from_unit

TRIES: Final = 64
"""Changes of a proposal at random, before all settings are gone through."""


class Untried:
    """Follows the trials of a search: each setting may be tried `replicates` times.

    A trial counts from its start, however it ends. Where nothing is searched, trials are
    replicates of the one setting, as many as the search has.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._most = space.search.replicates
        self._counts: Counter[str] = Counter()
        self._seen: set[int] = set()
        self._reached: Counter[int] = Counter()
        """Of each number of times, how many settings were tried so often or oftener."""
        self._grid = space.grid
        self._finite = bool(space.searched) and not self._grid.infinite

    def on_event(self, trial: Trial) -> None:
        """Learn of an event of a trial."""
        if self._finite and trial.trial_id not in self._seen:
            self._seen.add(trial.trial_id)
            key = _key(trial.drawn)
            self._counts[key] += 1
            self._reached[self._counts[key]] += 1

    def times(self, drawn: dict[str, Any]) -> int:
        """Return how often a setting was tried."""
        return self._counts[_key(drawn)]

    @cached_property
    def size(self) -> int | None:
        """How many settings there are; None: too many to count, or infinitely many."""
        return self._grid.size if self._finite else None

    @property
    def exhausted(self) -> bool:
        """True once every setting was tried as often as it may be."""
        return self.size is not None and self._reached[self._most] >= self.size

    def instead_of(self, drawn: dict[str, Any], trial_id: int) -> dict[str, Any]:
        """Return what is drawn if it may be tried, else something near it that may.

        At first one parameter of it is drawn anew, then two, and so on; if all of these were
        tried, the next in the order of the grid is taken, from a random place on.
        """
        if not self._finite or self.times(drawn) < self._most or self.exhausted:
            return drawn
        random = generator(self._space.search.seed, trial_id, Use.UNTRIED)
        for i in range(TRIES):
            other = self._changed(drawn, 1 + i * len(drawn) // TRIES, random)
            if self.times(other) < self._most:
                return other
        return drawn if self.size is None else self.next(random)

    def next(self, random: np.random.Generator) -> dict[str, Any]:
        """Return a setting of those that were tried least, from a random place of the grid on."""
        size = self.size or 1
        least = next(n for n in count() if self._reached[n + 1] < size)
        start = int(random.integers(size))
        points = (self._grid.point((start + i) % size) for i in range(size))
        return next(point for point in points if self.times(point) <= least)

    def _changed(
        self, drawn: dict[str, Any], many: int, random: np.random.Generator
    ) -> dict[str, Any]:
        """Return a setting with so many of the values drawn anew."""
        anew = {*random.choice(sorted(drawn), size=many, replace=False).tolist()}
        kept = {name: value for name, value in drawn.items() if name not in anew}
        return self._space.drawn(
            lambda p: (
                p.clipped(kept[p.name]) if p.name in kept else from_unit(p, float(random.random()))
            )
        )


def _key(drawn: dict[str, Any]) -> str:
    return json.dumps(drawn, sort_keys=True)
