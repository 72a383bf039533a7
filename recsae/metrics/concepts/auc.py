"""Area under the ROC curve by ranks: of one score, of every latent of a code, of every column.

Ties count half, as in the rank-sum statistic. Shapes: R rows, C categories, N latents, K active,
D columns.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]


class MacroAUC(NamedTuple):
    """The mean AUC over categories, and what each row does to it."""

    value: float
    pseudo_R: npt.NDArray[np.float64]
    """Pseudo-values: their mean is `value`, their spread that of its rows (DeLong et al. 1988), so
    that a bootstrap over rows of their mean is one of the AUC, to first order."""
    value_C: npt.NDArray[np.float64]
    """The AUC of each category."""


def macro_auc(score_RC: Floats, positive_RC: Bools) -> MacroAUC:
    """Return the mean over categories of the AUC of a column of scores for its own category.

    An AUC is P(a positive's score > a negative's) + P(equal) / 2; both kinds must occur.
    """
    assert score_RC.shape == positive_RC.shape
    rows, categories = score_RC.shape
    value_C, influence_R = np.full(categories, np.nan), np.zeros(rows)
    for place, (score_R, positive_R) in enumerate(zip(score_RC.T, positive_RC.T, strict=True)):
        won_R = _share_won(score_R, positive_R)
        value_C[place] = own = float(won_R[positive_R].mean())
        # One row's part: a positive weighs 1/positives, a negative 1/negatives (structural
        # components of the two-sample U-statistic).
        count_R = np.where(positive_R, positive_R.sum(), rows - positive_R.sum())
        influence_R += (won_R - own) / count_R
    value = sum(value_C.tolist()) / categories
    return MacroAUC(value, value + influence_R * rows / categories, value_C)


def code_aucs(
    values_RK: Floats, indices_RK: npt.NDArray[np.integer[Any]], latents: int, positive_RC: Bools
) -> npt.NDArray[np.float64]:
    """Return float64 [N, C]: the AUC of each latent's value, most of which are 0, for a category.

    Only what is positive in a code is sorted; the zeros of a latent are one tie below it.
    """
    rows = len(values_RK)
    row_P, place_P = np.nonzero(values_RK > 0)
    latent_P, value_P = indices_RK[row_P, place_P], values_RK[row_P, place_P]
    zeros_N = rows - np.bincount(latent_P, minlength=latents)
    above_P = _ranks_in_groups(latent_P, value_P)  # ranks above the latent's own zeros
    middle_N = (zeros_N + 1) / 2
    lift_P = zeros_N[latent_P] + above_P - middle_N[latent_P]
    lifts_RN = sparse.csr_array((lift_P, (row_P, latent_P)), shape=(rows, latents))
    # Every row counts as one of the zeros, and those that are not are lifted.
    count_C = positive_RC.sum(0)
    # By columns, so that no array of all rows and categories in float64 is made.
    sums_NC = np.stack([lifts_RN.T @ p_R.astype(np.float64) for p_R in positive_RC.T], axis=1)
    sums_NC += middle_N[:, None] * count_C
    return _from_rank_sums(sums_NC, count_C, rows)


def column_aucs(x_RD: Floats, positive_RC: Bools) -> npt.NDArray[np.float64]:
    """Return float64 [D, C]: the AUC of each column for each category."""
    ranks_RD = stats.rankdata(x_RD, axis=0)
    count_C = positive_RC.sum(0)
    return _from_rank_sums(ranks_RD.T @ positive_RC.astype(np.float64), count_C, len(x_RD))


def _from_rank_sums(sums_NC: Any, count_C: Any, rows: int) -> npt.NDArray[np.float64]:
    least_C = count_C * (count_C + 1) / 2
    return np.asarray((sums_NC - least_C) / (count_C * (rows - count_C)), dtype=np.float64)


def _share_won(score_R: Floats, positive_R: Bools) -> npt.NDArray[np.float64]:
    """Return for each row the share of the other kind that it is on the right side of."""
    positive, negative = np.sort(score_R[positive_R]), np.sort(score_R[~positive_R])
    won_R = np.empty(len(score_R))
    won_R[positive_R] = _share_below(score_R[positive_R], negative)
    won_R[~positive_R] = 1 - _share_below(score_R[~positive_R], positive)
    return won_R


def _share_below(score_S: Floats, others: Floats) -> npt.NDArray[np.float64]:
    below = np.searchsorted(others, score_S, "left") + np.searchsorted(others, score_S, "right")
    return np.asarray(below / (2 * len(others)), dtype=np.float64)


def _ranks_in_groups(group_P: Any, value_P: Any) -> npt.NDArray[np.float64]:
    """Return the rank from 1 of each value in its group, ties sharing their mean."""
    order = np.lexsort((value_P, group_P))
    group, value = group_P[order], value_P[order]
    starts_group = np.r_[True, group[1:] != group[:-1]][: len(group)]
    starts_tie = starts_group | np.r_[True, value[1:] != value[:-1]][: len(group)]
    first = np.flatnonzero(starts_tie)
    size = np.diff(np.r_[first, len(group)])
    begin = np.maximum.accumulate(np.where(starts_group, np.arange(len(group)), 0))
    mean = first - begin[first] + (size + 1) / 2
    ranks_P = np.empty(len(group))
    ranks_P[order] = np.repeat(mean, size)
    return ranks_P
