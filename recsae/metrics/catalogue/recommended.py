"""Which items are recommended: how many of all, how evenly, how unusual; measured on request."""

from typing import TYPE_CHECKING, ClassVar, final

from recsae.metrics.base import Metric

if TYPE_CHECKING:
    from torch import Tensor

    from recsae.metrics.evaluation import Evaluation


class RecommendedMetric(Metric):
    """A metric of the first k items of every user's ranking."""

    family = "recommended items"
    on_request = True
    deep = True
    listed = False
    cutoff: ClassVar[int]

    def top(self, scored: "Evaluation") -> "Tensor":
        """Return the first k items of each row, int64 [R, K]."""
        return scored.recommended(self.cutoff)


@final
class ItemCoverage(RecommendedMetric):
    """Of the catalogue; `coverage` is of attributes."""

    name = "item_coverage@10"
    cutoff = 10
    direction = "max"
    meaning = "share of all items that are among the first k of any user"

    def compute(self, scored: "Evaluation") -> float:
        from recsae.metrics.recommended import item_coverage

        return item_coverage(self.top(scored), len(scored.item_table_ID))


@final
class Gini(RecommendedMetric):
    """The Gini coefficient."""

    name = "gini@10"
    cutoff = 10
    direction = "min"
    meaning = (
        "Gini coefficient of how often each item is among the first k; 0 is all equally often, "
        "near 1 a few alone"
    )

    def compute(self, scored: "Evaluation") -> float:
        from recsae.metrics.recommended import gini

        return gini(self.top(scored), len(scored.item_table_ID))


@final
class Novelty(RecommendedMetric):
    """The mean self-information."""

    name = "novelty@10"
    cutoff = 10
    direction = "max"
    meaning = (
        "how rare the first k items are in training: mean of -log2 of an item's share of the "
        "training events, in bits"
    )

    def compute(self, scored: "Evaluation") -> float:
        from recsae.metrics.recommended import novelty

        return novelty(self.top(scored), scored.train_counts())
