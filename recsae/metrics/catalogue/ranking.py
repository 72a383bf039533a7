"""How well the next item is ranked, among all items that may be offered."""

from typing import TYPE_CHECKING, ClassVar, final

from recsae.metrics.base import RankMetric

if TYPE_CHECKING:
    from torch import Tensor


class NDCG(RankMetric):
    """Normalised discounted cumulative gain, with one relevant item a user."""

    direction = "max"
    meaning = (
        "NDCG@k of the next item among all items that the user has not seen (among all items if "
        "the user met it before)"
    )
    cutoff: ClassVar[int]

    def of_ranks(self, ranks_R: "Tensor", candidates_R: "Tensor") -> float:
        from recsae.metrics.ranking import ndcg

        return ndcg(ranks_R, self.cutoff)


class HitRate(RankMetric):
    """The hit rate, which is recall here: one item a user is relevant."""

    direction = "max"
    meaning = "share of users whose next item is among the first k"
    cutoff: ClassVar[int]

    def of_ranks(self, ranks_R: "Tensor", candidates_R: "Tensor") -> float:
        from recsae.metrics.ranking import hit_rate

        return hit_rate(ranks_R, self.cutoff)


@final
class NDCG5(NDCG):
    name = "ndcg@5"
    cutoff = 5


@final
class HitRate5(HitRate):
    name = "hr@5"
    cutoff = 5


@final
class NDCG10(NDCG):
    name = "ndcg@10"
    cutoff = 10


@final
class HitRate10(HitRate):
    name = "hr@10"
    cutoff = 10


@final
class NDCG20(NDCG):
    name = "ndcg@20"
    cutoff = 20


@final
class HitRate20(HitRate):
    name = "hr@20"
    cutoff = 20


@final
class HitRate50(HitRate):
    """At 50, for groups whose NDCG@10 is near its floor."""

    name = "hr@50"
    cutoff = 50


@final
class ReciprocalRank(RankMetric):
    """The mean reciprocal rank, without a cut-off."""

    name = "mrr"
    on_request = True
    direction = "max"
    meaning = "mean of 1 / the place of the next item in the whole ranking (mean reciprocal rank)"

    def of_ranks(self, ranks_R: "Tensor", candidates_R: "Tensor") -> float:
        return float((1 / ranks_R.double()).mean())


@final
class Percentile(RankMetric):
    """The percentile rank, which differs even where nothing is among the first."""

    name = "percentile"
    direction = "min"
    meaning = "mean place of the next item, 0 at the top, .5 by chance"

    def of_ranks(self, ranks_R: "Tensor", candidates_R: "Tensor") -> float:
        from recsae.metrics.ranking import percentiles

        return float(percentiles(ranks_R, candidates_R).mean())
