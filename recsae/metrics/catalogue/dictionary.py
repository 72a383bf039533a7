"""How alike the atoms of the decoder are."""

from typing import TYPE_CHECKING, final

from recsae.metrics.base import Metric

if TYPE_CHECKING:
    from recsae.metrics.evaluation import Evaluation


@final
class Coherence(Metric):
    """The mutual coherence of a dictionary."""

    name = "coherence"
    listed = False
    family = "dictionary"
    deep = True
    meaning = "largest |cos| between two atoms of the decoder"

    def compute(self, scored: "Evaluation") -> float:
        return float(scored.likeness_N.max())


@final
class MeanCoherence(Metric):
    """The same, less dependent on two atoms alone."""

    name = "coherence_mean"
    family = "dictionary"
    direction = "min"
    deep = True
    meaning = "|cos| of an atom to the one most like it, mean over the atoms"

    def compute(self, scored: "Evaluation") -> float:
        return float(scored.likeness_N.mean())
