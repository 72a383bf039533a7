"""Rows whose attributes are known, and codes that tell them or do not."""

import numpy as np
import torch

from recsae.metrics.concepts.codes import Codes
from recsae.metrics.concepts.rows import ConceptRows
from recsae.metrics.concepts.scores import Representation

ATTRIBUTES, WIDTH, LATENTS = 5, 16, 24
ROWS = 1500, 900


def planted(seed: int = 0) -> tuple[ConceptRows, torch.Tensor, np.ndarray]:
    """Return rows of one attribute each, the scored states, and the attributes' directions.

    A state is the direction of its attribute and some noise.
    """
    rng = np.random.default_rng(seed)
    true_CD = np.linalg.qr(rng.normal(size=(WIDTH, ATTRIBUTES)))[0].T
    has = [rng.integers(ATTRIBUTES, size=rows)[:, None] == np.arange(ATTRIBUTES) for rows in ROWS]
    states = [own @ true_CD + 0.05 * rng.normal(size=(len(own), WIDTH)) for own in has]
    train, scored = (torch.from_numpy(part).float() for part in states)
    names = tuple(f"genre={number}" for number in range(ATTRIBUTES))
    return ConceptRows(names, train, *has), scored, true_CD


def true_codes(rows: ConceptRows) -> Representation:
    """Return codes in which latent 3 + c is active where attribute c is, and nowhere else."""
    parts = []
    for has_RC in (rows.train_SC, rows.scored_RC):
        value_R1 = 1 + np.arange(len(has_RC))[:, None] / len(has_RC)
        parts.append(Codes(value_R1, has_RC.argmax(1)[:, None] + 3, LATENTS))
    return Representation(*parts)


def random_codes(rows: ConceptRows, k: int = 3, seed: int = 0) -> Representation:
    """Return codes that know nothing of the rows."""
    rng = np.random.default_rng(seed)
    parts = []
    for has_RC in (rows.train_SC, rows.scored_RC):
        indices_RK = np.argsort(rng.random((len(has_RC), LATENTS)), axis=1)[:, :k]
        parts.append(Codes(rng.random(indices_RK.shape), indices_RK, LATENTS))
    return Representation(*parts)
