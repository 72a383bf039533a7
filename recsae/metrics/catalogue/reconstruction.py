"""How much of the states a reconstruction explains."""

from typing import TYPE_CHECKING, final

from recsae.metrics.base import Metric

if TYPE_CHECKING:
    from recsae.metrics.evaluation import Evaluation


class Reconstruction(Metric):
    """A metric of this family."""

    family = "reconstruction"


@final
class Unexplained(Reconstruction):
    """Fraction of variance unexplained, over the whole split."""

    name = "fvu"
    headline = True
    direction = "min"
    meaning = (
        "share of the states' variance that the reconstruction misses; 1 is no better than the mean"
    )

    def compute(self, scored: "Evaluation") -> float:
        return scored.audit.figures["fvu"]


@final
class UnexplainedByCode(Reconstruction):
    """The same of the decoder alone."""

    name = "fvu_code"
    direction = "min"
    meaning = "fvu of the decoder alone, without the variant's refinement"

    def compute(self, scored: "Evaluation") -> float:
        return scored.audit.figures["fvu_code"]


@final
class Shrinkage(Reconstruction):
    """As in SAEBench, around 0."""

    name = "shrinkage"
    listed = False
    meaning = "length of a reconstruction divided by that of its state, mean; 1 if none shrinks"

    def compute(self, scored: "Evaluation") -> float:
        from recsae.metrics.reconstruction import shrinkage

        return shrinkage(scored.states_RD, scored.reconstruction_RD)
