"""The metrics by name: the files of catalogue/, and those of other packages; loads no torch."""

from collections.abc import Iterable
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


@cache
def metrics() -> dict[str, Metric]:
    """Return every metric by its name, a family after the other, each in order of definition."""
    kinds = sorted(METRICS.all.values(), key=_place)
    return {kind.name: kind() for kind in kinds}


def rank_metrics() -> dict[str, RankMetric]:
    """Return the metrics of ranks alone."""
    return {name: one for name, one in metrics().items() if isinstance(one, RankMetric)}


def deep_metrics() -> frozenset[str]:
    """Return the names of the metrics that cost several rankings, but those on request."""
    return frozenset(name for name, one in metrics().items() if one.deep and not one.on_request)


def on_request(names: Iterable[str]) -> frozenset[str]:
    """Return those among some metrics that are measured only because they are asked for."""
    return frozenset(name for name in names if name in metrics() and metrics()[name].on_request)


def directions() -> dict[str, Direction]:
    """Return the metrics that may be objectives, each with the direction in which it is better."""
    return {name: one.direction for name, one in metrics().items() if one.direction is not None}


def listed_metrics() -> list[str]:
    """Return the names of the metrics that the table of trials shows in any case."""
    return [name for name, one in metrics().items() if one.listed]


def constrainable() -> list[str]:
    """Return the names of the metrics that a constraint may bound."""
    return [name for name, one in metrics().items() if one.constraint]


def _place(kind: type[Metric]) -> tuple[int, int]:
    known = kind.family in FAMILIES
    return FAMILIES.index(kind.family) if known else len(FAMILIES), kind.defined
