"""Do two trainings find the same dictionary? N and M atoms, D width."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

SAME_ATOM = 0.9
"""Cosine from which on two matched atoms are called the same."""

_BLOCK = 1024


class Agreement(NamedTuple):
    """How alike two dictionaries are under the best one-to-one matching of their atoms."""

    cosine: float
    """Mean cosine of matched atoms; NaN if a dictionary is empty."""
    same: float
    """Share of matched atoms with a cosine of at least SAME_ATOM."""


def agreement(a_ND: npt.NDArray[Any], b_MD: npt.NDArray[Any]) -> Agreement:
    """Match atoms so that the sum of cosines is largest; the smaller dictionary is matched whole.

    Sign counts: codes are not negative, so an atom and its opposite say different things.
    """
    cosine_NM = unit(a_ND) @ unit(b_MD).T
    if not cosine_NM.size:
        return Agreement(float("nan"), float("nan"))
    matched = cosine_NM[linear_sum_assignment(cosine_NM, maximize=True)]
    return Agreement(float(matched.mean()), float((matched >= SAME_ATOM).mean()))


def most_alike(a_ND: npt.NDArray[Any], b_MD: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the cosine of each atom to the one of another dictionary that is most like it [N].

    Sign counts, as in `agreement`.
    """
    other_MD = unit(b_MD)
    parts = np.array_split(unit(a_ND), max(1, len(a_ND) // _BLOCK))
    return np.concatenate([(own_BD @ other_MD.T).max(axis=1) for own_BD in parts])


def beyond_chance(a_ND: npt.NDArray[Any], b_MD: npt.NDArray[Any]) -> float:
    """Return the mean of `most_alike`, corrected for chance: (mean - chance) / (1 - chance).

    Chance is the mean of as many random atoms, always the same. NaN in one dimension, where every
    atom is like another.
    """
    rng = np.random.default_rng(0)
    chance = most_alike(*(rng.normal(size=atoms.shape) for atoms in (a_ND, b_MD))).mean()
    mean = most_alike(a_ND, b_MD).mean()
    return float((mean - chance) / (1 - chance)) if chance < 1 - 1e-9 else math.nan


def unit(atoms_ND: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the rows with length 1, float64; one of length 0 stays 0."""
    atoms_ND = np.asarray(atoms_ND, np.float64)
    norm_N1 = np.linalg.norm(atoms_ND, axis=1, keepdims=True)
    return np.asarray(atoms_ND / np.maximum(norm_N1, 1e-12))
