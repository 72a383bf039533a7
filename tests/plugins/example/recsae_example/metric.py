"""A metric that may be an objective."""

from typing import TYPE_CHECKING

from recsae.metrics.base import Metric

if TYPE_CHECKING:
    from recsae.metrics.evaluation import Evaluation


class First(Metric):
    """How often the best guess is right."""

    name = "first"
    direction = "max"
    meaning = "share of users whose next item comes first"

    def compute(self, scored: "Evaluation") -> float:
        """Return the share of ranks that are 1."""
        return float((scored.ranks_R == 1).double().mean())
