"""Trials at a rung in plain order of one value, kept sorted. A tie goes to the older trial."""

from bisect import bisect_left, insort
from math import floor

Key = tuple[float, int]
"""Less is better: the value with its sign turned, then the number of the trial."""


class Ranking:
    """A table for one objective, see `rung_table.RungTable`."""

    def __init__(self) -> None:
        self._keys: dict[int, Key] = {}
        self._all: list[Key] = []
        self._held: list[Key] = []

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, trial_id: int) -> bool:
        return trial_id in self._keys

    def add(self, trial_id: int, values: tuple[float, ...]) -> None:
        """Take in a trial."""
        key = self._keys[trial_id] = (-values[0], trial_id)
        insort(self._all, key)

    def hold(self, trial_id: int, held: bool) -> None:
        """Note whether a trial is paused or was stopped here."""
        key = self._keys[trial_id]
        at = bisect_left(self._held, key)
        known = at < len(self._held) and self._held[at] == key
        if held and not known:
            self._held.insert(at, key)
        elif known and not held:
            del self._held[at]

    def first(self, quota: int, also: int | None = None) -> int | None:
        """Return the best trial that is held and is among the best `quota`."""
        keys = self._held[:1] + ([] if also is None else [self._keys[also]])
        if not keys:
            return None
        best = min(keys)
        return best[1] if bisect_left(self._all, best) < quota else None

    def survives(self, trial_id: int, factor: int) -> bool:
        """Compare with the percentile of the others, between two of them in proportion."""
        own = self._keys[trial_id]
        at, others = bisect_left(self._all, own), len(self._all) - 1
        if not others:
            return True

        def ascending(i: int) -> float:
            place = others - 1 - i
            return -self._all[place if place < at else place + 1][0]

        where = (others - 1) * ((1 - 1 / factor) * 100 / 100)  # rounded as numpy's percentile is
        low = floor(where)
        a, b = ascending(low), ascending(min(low + 1, others - 1))
        part = where - low
        cutoff = a + (b - a) * part if part < 0.5 else b - (b - a) * (1 - part)
        return -own[0] >= cutoff

    def ahead(self, values: tuple[float, ...]) -> int:
        """Return how many have a larger value."""
        return bisect_left(self._all, (-values[0], -1))
