"""Rows whose attributes are known, and codes that tell them or do not."""

import numpy as np
import torch

from recsae.metrics.concepts.codes import Codes
from recsae.metrics.concepts.rows import ConceptRows
from recsae.metrics.concepts.scores import Representation
from recsae.metrics.concepts.steering import Steered
from recsae.metrics.ranking import Asked, Seen

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


def true_atoms(true_CD: np.ndarray) -> np.ndarray:
    """Return a dictionary in which latent 3 + c has the direction of attribute c."""
    atoms_ND = np.random.default_rng(5).normal(size=(LATENTS, WIDTH)) / WIDTH**0.5
    atoms_ND[3 : 3 + ATTRIBUTES] = true_CD
    return atoms_ND


def recommended(rows: ConceptRows, scored: torch.Tensor, true_CD: np.ndarray) -> Steered:
    """Return what is recommended from the scored states: 12 items an attribute, one a target."""
    rng = np.random.default_rng(2)
    has_IC = np.repeat(np.eye(ATTRIBUTES, dtype=bool), 12, axis=0)
    table = has_IC @ true_CD + 0.2 * rng.normal(size=(len(has_IC), WIDTH))
    target_R = 12 * rows.scored_RC.argmax(1) + rng.integers(4, size=len(scored))
    nothing = Seen(
        torch.zeros(len(scored) + 1, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)
    )
    asked = Asked(torch.from_numpy(target_R), nothing)
    return Steered(scored, torch.from_numpy(table).float(), asked, has_IC)


def true_codes(rows: ConceptRows, atoms_ND: np.ndarray | None = None) -> Representation:
    """Return codes in which latent 3 + c is active where attribute c is, and nowhere else."""
    parts = []
    for has_RC in (rows.train_SC, rows.scored_RC):
        value_R1 = 1 + np.arange(len(has_RC))[:, None] / len(has_RC)
        parts.append(Codes(value_R1, has_RC.argmax(1)[:, None] + 3, LATENTS))
    return Representation(*parts, atoms_ND)


def random_codes(rows: ConceptRows, k: int = 3, seed: int = 0) -> Representation:
    """Return codes and atoms that know nothing of the rows."""
    rng = np.random.default_rng(seed)
    parts = []
    for has_RC in (rows.train_SC, rows.scored_RC):
        indices_RK = np.argsort(rng.random((len(has_RC), LATENTS)), axis=1)[:, :k]
        parts.append(Codes(rng.random(indices_RK.shape), indices_RK, LATENTS))
    return Representation(*parts, rng.normal(size=(LATENTS, WIDTH)) / WIDTH**0.5)
