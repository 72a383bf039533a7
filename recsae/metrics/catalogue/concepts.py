"""What single latents tell of the next item's attributes, and of concepts that are known.

docs/latents.md has the exact meanings; metrics/concepts/ the computation.
"""

import math
from typing import TYPE_CHECKING, final

from recsae.metrics.base import Metric

if TYPE_CHECKING:
    from recsae.metrics.evaluation import Evaluation


class ConceptMetric(Metric):
    """A metric of this family."""

    family = "concepts"
    direction = "max"
    deep = True
    on_request = True
    listed = False


class AttributeMetric(ConceptMetric):
    """A metric of attributes; NaN without any that enough rows have."""

    needs = "attributes"

    def compute(self, scored: "Evaluation") -> float:
        found = scored.concept_scores
        return math.nan if found is None else found[self.name].value


@final
class ConceptAUC(AttributeMetric):
    name = "concept_auc"
    meaning = (
        "AUC by which the best single latent, chosen on train, tells an attribute of the next "
        "item, mean over attributes; .5 by chance"
    )


@final
class ConceptF1(AttributeMetric):
    name = "concept_f1"
    meaning = (
        "F1 of a latent's being active as a sign that the next item has an attribute, by the best "
        "one on train, mean over attributes"
    )


@final
class Purity(AttributeMetric):
    name = "purity"
    meaning = (
        "how much oftener than by chance two of the ten train rows where a latent is strongest "
        "share an attribute of the next item, mean over latents; 1 is always"
    )


@final
class Coverage(AttributeMetric):
    name = "coverage"
    meaning = "share of the attributes that the best single latent tells with an AUC of .8 or more"


@final
class SteerGain(AttributeMetric):
    name = "steer_gain"
    meaning = (
        "how much an attribute's share of the recommended items rises when the latent that tells "
        "it best is raised until a tenth of NDCG@10 is lost, mean over the ten commonest attributes"
    )


class TrueConceptMetric(ConceptMetric):
    """A metric of concepts that are known; NaN where they are not."""

    needs = "concepts"


@final
class ConceptRecovery(TrueConceptMetric):
    name = "concept_recovery"
    meaning = (
        "F1 of a latent's being active as a sign of the concept that a user follows, each concept "
        "with a latent of its own, mean over concepts; generated data alone know them"
    )

    def compute(self, scored: "Evaluation") -> float:
        found = scored.recovery
        return math.nan if found is None else found.f1


@final
class ConceptCosine(TrueConceptMetric):
    name = "concept_cosine"
    meaning = "cosine of that latent's atom to the concept's direction, mean over concepts"

    def compute(self, scored: "Evaluation") -> float:
        found = scored.recovery
        return math.nan if found is None else found.cosine
