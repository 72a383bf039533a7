"""Whether what is scored comes from the code alone; metrics/leakage.py says how that is told."""

from typing import TYPE_CHECKING, final

from recsae.metrics.base import Metric

if TYPE_CHECKING:
    from recsae.metrics.evaluation import Evaluation


class AuditMetric(Metric):
    """A figure of the audit, under its own name."""

    family = "leak"

    def compute(self, scored: "Evaluation") -> float:
        return scored.audit.figures[self.name]


@final
class Leak(AuditMetric):
    """The verdict."""

    name = "leak"
    headline = True
    constraint = False  # what leaks is never allowed
    meaning = "the reconstruction does not come from the code alone: never best, whatever it scores"

    def compute(self, scored: "Evaluation") -> bool:
        from recsae.metrics.leakage import leaks

        of_ranks = {"leak_rank": LeakRank().compute(scored)} if scored.deep else {}
        return leaks({**scored.audit.figures, **of_ranks})


@final
class LeakShare(AuditMetric):
    """The leak in the reconstruction."""

    name = "leak_share"
    decimals = None  # it matters from 1e-6 on
    meaning = (
        "how much the reconstruction changes with the input beside the same code, as a share of "
        "variance; a leak above 1e-6"
    )


@final
class LeakRank(AuditMetric):
    """The leak in the ranking."""

    name = "leak_rank"
    listed = False
    deep = True
    meaning = (
        "share of users whose ranking changes with the input beside the same code; a leak above .01"
    )

    def compute(self, scored: "Evaluation") -> float:
        foreign_R = scored.ranks_of("foreign")
        return float((foreign_R != scored.ranks_R).double().mean())


@final
class UnexplainedPermuted(AuditMetric):
    """FVU with codes that belong to others."""

    name = "fvu_permuted"
    meaning = "fvu with the codes of other users; a model that lives by its code has 1 or more"


@final
class UnexplainedZeroed(AuditMetric):
    """FVU without a code."""

    name = "fvu_zeroed"
    meaning = "fvu with empty codes; 1 or more if all comes from the code"


@final
class CodeNDCG(AuditMetric):
    """NDCG of what the decoder alone makes of the code."""

    name = "ndcg@10_code"
    listed = False
    direction = "max"
    deep = True
    meaning = "NDCG@10 of the decoder alone"

    def compute(self, scored: "Evaluation") -> float:
        return scored.ndcg(scored.ranks_of("code"))


@final
class PermutedNDCG(AuditMetric):
    """NDCG with codes that belong to others."""

    name = "ndcg@10_permuted"
    listed = False
    deep = True
    meaning = "NDCG@10 with the codes of other users"

    def compute(self, scored: "Evaluation") -> float:
        permuted = [scored.ndcg(ranks_R) for ranks_R in scored.permuted_ranks]
        return sum(permuted) / len(permuted)


@final
class ZeroedNDCG(AuditMetric):
    """NDCG without a code."""

    name = "ndcg@10_zeroed"
    listed = False
    deep = True
    meaning = "NDCG@10 with empty codes"

    def compute(self, scored: "Evaluation") -> float:
        return scored.ndcg(scored.ranks_of("zeroed"))
