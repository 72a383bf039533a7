"""How alike the atoms of the decoder are."""

import math
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


@final
class Stability(Metric):
    """The mean of max cosines between two trainings (Sharkey et al. 2022)."""

    name = "stability"
    listed = False
    family = "dictionary"
    direction = "max"
    deep = True
    on_request = True
    needs = "twin"
    meaning = (
        "cosine of an atom to the one most like it in a training with another seed, mean over the "
        "latents that are positive on some train row, corrected for that of as many random atoms: "
        "0 by chance, 1 the same dictionary; the trial trains both and takes twice as long"
    )

    def compute(self, scored: "Evaluation") -> float:
        from recsae.metrics.concepts.agreement import beyond_chance

        model = scored.model
        if model.twin_ND is None or not bool(model.fired.any()):
            return math.nan
        # An atom that nothing is coded by is no part of what was found.
        own_ND = model.W_dec[model.fired].detach()
        return beyond_chance(own_ND.cpu().numpy(), model.twin_ND.cpu().numpy())
