"""How much of the base's recommendations is left."""

import math
from typing import TYPE_CHECKING, Final, final

from recsae.metrics.base import Metric

if TYPE_CHECKING:
    from recsae.metrics.evaluation import Evaluation

LEAST_RECOVERABLE: Final = 1e-3
"""NDCG@10 by which the base must be better than the mean state for `recovered` to say anything."""


class BaseAgreement(Metric):
    """A metric of this family."""

    family = "of the base"


@final
class Share(BaseAgreement):
    """NDCG@10 as a share; NaN if the base has none."""

    name = "share"
    direction = "max"
    meaning = "NDCG@10 divided by that of the base"

    def compute(self, scored: "Evaluation") -> float:
        base = scored.ndcg(scored.base_ranks_R)
        return scored.ndcg(scored.ranks_R) / base if base else math.nan


@final
class Recovered(BaseAgreement):
    """As "loss recovered" of language models; NaN where the base hardly beats the mean state."""

    name = "recovered"
    direction = "max"
    meaning = "NDCG@10 from what one mean state gives (0) to the base's (1)"

    def compute(self, scored: "Evaluation") -> float:
        ranks = scored.ranks_R, scored.base_ranks_R, scored.mean_ranks_R
        ours, base, mean = (scored.ndcg(ranks_R) for ranks_R in ranks)
        return (ours - mean) / (base - mean) if base - mean >= LEAST_RECOVERABLE else math.nan


@final
class Divergence(BaseAgreement):
    """KL(softmax of the base's scores || softmax of the model's), over the items allowed."""

    name = "kl"
    direction = "min"
    deep = True
    meaning = "how far the scores are from the base's, as probabilities, in nats; 0 is the same"

    def compute(self, scored: "Evaluation") -> float:
        return float(scored.closeness.kl_R.mean())


@final
class Overlap(BaseAgreement):
    name = "overlap@10"
    direction = "max"
    deep = True
    meaning = "share of the base's first 10 items that are kept"

    def compute(self, scored: "Evaluation") -> float:
        return float(scored.closeness.overlap_R.mean())
