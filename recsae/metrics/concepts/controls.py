"""What the scores of a dictionary are held against: whatever gives the same needed no training.

S train rows, R scored rows, C attributes, N latents, K active, D width.
"""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from recsae.metrics.concepts.codes import Codes, Columns
from recsae.metrics.concepts.rows import ConceptRows
from recsae.metrics.concepts.scores import SCORES, ConceptScores, Floats, Representation, Score
from recsae.metrics.concepts.steering import Steered
from recsae.metrics.intervals import LEVEL, intervals

_NORMAL: Final = NormalDist().inv_cdf((1 + LEVEL) / 2)
_BLOCK = 4096


def controls(
    own: Representation, rows: ConceptRows, scored_RD: Tensor, k: int, steered: Steered
) -> dict[str, ConceptScores]:
    """Return the scores of each control for a dictionary with these codes, which keeps k:

    raw: the coordinates of the states themselves, each in both directions;
    pca: the principal components of the train states, each in both directions;
    random: as many unit atoms as drawn, the k largest products with the centred state;
    permuted: its own codes, with the attributes of other rows.

    All steer the same recommendations, those of the dictionary.
    """
    x, y = (part.cpu().double().numpy() for part in (rows.train_SD, scored_RD))
    mean_D = x.mean(0)
    # Row by row: a component is a column of the turned states.
    turn_DD = np.linalg.svd(x - mean_D, full_matrices=False)[2].T
    x, y = x - mean_D, y - mean_D
    found = {
        "raw": _columns(x, y, np.eye(len(mean_D))),
        "pca": _columns(x @ turn_DD, y @ turn_DD, turn_DD.T),
        "random": _random(x, y, own.train.latents, k),
    }
    scores = {name: ConceptScores(one, rows, steered) for name, one in found.items()}
    return scores | {"permuted": ConceptScores(own, permuted(rows), steered)}


def permuted(rows: ConceptRows) -> ConceptRows:
    """Return the rows with attributes of other ones, train rows and scored ones apart."""
    rng = np.random.default_rng(0)
    return rows._replace(
        train_SC=rng.permutation(rows.train_SC), scored_RC=rng.permutation(rows.scored_RC)
    )


def against(own: ConceptScores, others: Mapping[str, ConceptScores]) -> dict[str, dict[str, Any]]:
    """Return, a score, its value, that of each control, and how far it is above the best one.

    `difference` has mean, low and high, `beats` tells whether low is above 0: of concept_auc by
    rows, of concept_f1, coverage and steer_gain by attributes, all paired; of purity by latents,
    which differ.
    """
    found = {}
    for name in SCORES:
        score = own[name]
        beside = {control: scores[name] for control, scores in others.items()}
        # A control that has no value beats nothing.
        best = max(beside, key=lambda control: np.nan_to_num(beside[control].value, nan=-np.inf))
        difference = _difference(score, beside[best])
        found[name] = {
            "value": score.value,
            "controls": {control: one.value for control, one in beside.items()},
            "best_control": best,
            "difference": difference,
            "beats": bool(difference["low"] > 0),
        }
    return found


def _difference(own: Score, other: Score) -> dict[str, float]:
    if len(own.parts) == len(other.parts):
        ((found,),) = intervals((own.parts - other.parts)[:, None])
        return found._asdict()
    mean = own.value - other.value
    error = math.sqrt(sum(_squared_error(one.parts) for one in (own, other)))
    return {"mean": mean, "low": mean - _NORMAL * error, "high": mean + _NORMAL * error}


def _squared_error(parts: Floats) -> float:
    return float(parts.var() / len(parts)) if len(parts) else math.nan


def _columns(x_SD: Floats, y_RD: Floats, axes_DD: Floats) -> Representation:
    zero = np.zeros(x_SD.shape[1])
    train, scored = (Codes.of_columns(part, zero) for part in (x_SD, y_RD))
    atoms_ND = np.concatenate([axes_DD, -axes_DD])
    return Representation(train, scored, atoms_ND, (Columns(x_SD), Columns(y_RD)))


def _random(x_SD: Floats, y_RD: Floats, latents: int, k: int) -> Representation:
    generator = torch.Generator().manual_seed(0)
    atoms_ND = torch.randn(latents, x_SD.shape[1], generator=generator)
    atoms_DN = torch.nn.functional.normalize(atoms_ND).T
    train, scored = (_largest(part, atoms_DN, k) for part in (x_SD, y_RD))
    return Representation(train, scored, atoms_DN.T.double().numpy())


def _largest(x_RD: Floats, atoms_DN: Tensor, k: int) -> Codes:
    blocks = torch.split(torch.from_numpy(x_RD).float(), _BLOCK)
    code = [(x_BD @ atoms_DN).topk(min(k, atoms_DN.shape[1]), dim=1) for x_BD in blocks]
    values_RK, indices_RK = (torch.cat(part).numpy() for part in zip(*code, strict=True))
    return Codes(values_RK, indices_RK, atoms_DN.shape[1])
