"""Whether a dictionary has the concepts that made the data, each as a latent of its own.

S train rows, C concepts, N latents, D width, M matched pairs.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from recsae.metrics.concepts.agreement import unit
from recsae.metrics.concepts.auc import Bools
from recsae.metrics.concepts.rows import ConceptRows
from recsae.metrics.concepts.scores import Floats, Representation, f1s


class Recovery(NamedTuple):
    """Means over all concepts; one that is left without a latent adds 0."""

    f1: float
    cosine: float


def recovery(latents: Representation, rows: ConceptRows) -> Recovery:
    """Match latents and concepts one to one by their F1 on train; score the pairs on other rows.

    A concept's direction is the mean state of the train rows that follow it less that of the
    others: what a state has more of with the concept than without.
    """
    latent_M, concept_M = linear_sum_assignment(f1s(latents.train, rows.train_SC), maximize=True)
    f1_M = f1s(latents.scored, rows.scored_RC)[latent_M, concept_M]
    true_CD = directions(rows.train_SD.cpu().double().numpy(), rows.train_SC)
    assert latents.atoms_ND is not None
    cosine_M = (unit(latents.atoms_ND)[latent_M] * unit(true_CD)[concept_M]).sum(1)
    concepts = len(rows.names)
    return Recovery(float(f1_M.sum() / concepts), float(cosine_M.sum() / concepts))


def directions(x_SD: Floats, has_SC: Bools) -> Floats:
    """Return [C, D]: the mean state of the rows that have each concept less that of the others."""
    sum_D, sum_CD = x_SD.sum(0), has_SC.T.astype(np.float64) @ x_SD
    count_C1 = has_SC.sum(0)[:, None]
    return np.asarray(sum_CD / count_C1 - (sum_D - sum_CD) / (len(x_SD) - count_C1))
