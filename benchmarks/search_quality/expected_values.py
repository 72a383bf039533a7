"""Expected scores in a simulated search: what its rungs, its sampler and its answer go by.

A report at a rung reaches the Director with its expected score in place of the observed one, told
from FVU and L0 by the reports that trials, stopped ones too, have made at rungs so far; it stays as
it was then. The answer is chosen by what all reports up to then tell. Both are `expected` of
`recsae.results`, on the latest reports alone, which keeps a report at a few milliseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.tables import EPOCHS
from recsae.results.expected import expected
from recsae.search.simulation.simulator import Directed

RUNGS: Final = (1, 3, 9, EPOCHS)
_LATEST: Final = 96
"""Reports that a score is told from."""
_LEAST: Final = 1e-6


class Point(NamedTuple):
    """A report at a rung."""

    score: float
    measures: tuple[float, ...]

    @classmethod
    def of(cls, metrics: Mapping[str, Any]) -> "Point":
        """Take the score, and the logarithms of what a seed moves little."""
        quiet = (np.log(max(float(metrics[name]), _LEAST)) for name in ("fvu", "l0"))
        return cls(float(metrics["ndcg@10"]), tuple(quiet))


def told_by(points: Sequence[Point], others: Sequence[Point] = ()) -> Array:
    """Return the expected scores of the points, told by them and by the latest of the others."""
    used = [*points, *others[-_LATEST:]]
    scores = np.array([one.score for one in used])
    found = expected(scores, np.array([one.measures for one in used]))
    return found.values_N[: len(points)]


@dataclass
class ByExpected(Directed):
    """The production Director, told expected scores at rungs."""

    seen: list[Point] = field(default_factory=list)

    def report(
        self, trial_id: int, epochs: int, seconds: float, metrics: Mapping[str, float]
    ) -> str:
        """Tell it the expected score at a rung, else the observed one."""
        if epochs in RUNGS:
            point = Point.of(metrics)
            metrics = {**metrics, "ndcg@10": float(told_by([point], self.seen)[0])}
            self.seen.append(point)
        return super().report(trial_id, epochs, seconds, metrics)
