"""The metrics by name: the files of catalogue/, and those of other packages; loads no torch."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from recsae.metrics.base import FAMILIES, Direction, Metric, RankMetric
from recsae.registry import Registry

METRICS: Final[Registry[Metric]] = Registry(
    "recsae.metrics.base:Metric",
    folder="recsae.metrics.catalogue",
    group="recsae.metrics",
    key="objectives",
)


MOST: Final = 100
"""The largest k at which a metric may be asked for."""


class Metrics(Mapping[str, Metric]):
    """Metrics by name. One with a cut-off is there at each up to MOST, and listed at the usual."""

    def __init__(self, listed: Mapping[str, Metric]) -> None:
        self._listed, self._known = dict(listed), dict(listed)
        at = (one for one in listed.values() if one.cutoff is not None)
        self.at_cutoffs = {one.name.partition("@")[0]: one for one in at}
        """What stands before the @ → one of these metrics."""

    def __getitem__(self, name: str) -> Metric:
        if name not in self._known:
            self._known[name] = self._at(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def _at(self, name: str) -> Metric:
        """Return a metric at a cut-off that is not listed: it is measured on request."""
        kind, _, cutoff = str(name).partition("@")
        if kind not in self.at_cutoffs or not _CUTOFF.fullmatch(cutoff) or int(cutoff) > MOST:
            raise KeyError(name)
        other = type(self.at_cutoffs[kind])
        own = {"name": name, "cutoff": int(cutoff), "on_request": True, "listed": False}
        found: Metric = type(other.__name__, (other,), own | {"__module__": other.__module__})()
        return found


_CUTOFF: Final = re.compile(r"[1-9][0-9]{0,2}")


@cache
def metrics() -> Metrics:
    """Return every metric by its name, a family after the other, each in order of definition."""
    kinds = sorted(METRICS.all.values(), key=_place)
    return Metrics({kind.name: kind() for kind in kinds})


def rank_metrics() -> dict[str, RankMetric]:
    """Return the metrics of ranks alone, but those on request."""
    ranked = {name: one for name, one in metrics().items() if isinstance(one, RankMetric)}
    return {name: one for name, one in ranked.items() if not one.on_request}


def deep_metrics() -> frozenset[str]:
    """Return the names of the metrics that cost several rankings, but those on request."""
    return frozenset(name for name, one in metrics().items() if one.deep and not one.on_request)


def on_request(names: Iterable[str]) -> frozenset[str]:
    """Return those among some metrics that are measured only because they are asked for."""
    return frozenset(name for name in names if name in metrics() and metrics()[name].on_request)


def objective_metrics() -> Metrics:
    """Return the metrics that may be objectives."""
    return Metrics({name: one for name, one in metrics().items() if one.direction is not None})


def constraint_metrics() -> Metrics:
    """Return the metrics that a constraint may bound."""
    return Metrics({name: one for name, one in metrics().items() if one.constraint})


def directions() -> dict[str, Direction]:
    """Return the metrics that may be objectives, each with the direction in which it is better."""
    return {name: one.direction for name, one in metrics().items() if one.direction is not None}


def listed_metrics() -> list[str]:
    """Return the names of the metrics that the table of trials shows in any case."""
    return [name for name, one in metrics().items() if one.listed]


def _place(kind: type[Metric]) -> tuple[int, int]:
    known = kind.family in FAMILIES
    return FAMILIES.index(kind.family) if known else len(FAMILIES), kind.defined
