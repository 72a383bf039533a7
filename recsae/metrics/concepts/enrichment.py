"""Which attributes each latent goes with, over given rows. R rows, N latents, C attributes."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

from recsae.metrics.concepts.auc import Bools
from recsae.metrics.concepts.codes import Codes
from recsae.metrics.concepts.scores import Floats


class Enrichment(NamedTuple):
    """Figures of all pairs, float64 [N, C]; those of a latent that is never positive are 0, its
    AUC .5 and its q 1."""

    lift: Floats
    """Precision divided by the share of the rows that have the attribute."""
    auc: Floats
    precision: Floats
    """Share of the rows where the latent is positive that have the attribute."""
    recall: Floats
    """Share of the rows with the attribute where it is positive."""
    q: Floats
    """Of the rank-sum test that rows with the attribute have larger values, corrected for all
    pairs (Benjamini and Hochberg 1995)."""


def enrichment(codes: Codes, has_RC: Bools) -> Enrichment:
    """Return what goes with what; each attribute is of some of the rows, and not of all."""
    active_RN = codes.matrix()
    active_RN.data[:] = 1
    both_NC = (active_RN.T @ sparse.csr_array(has_RC.astype(np.float64))).toarray()
    active_N, count_C = np.asarray(active_RN.sum(axis=0)), has_RC.sum(0)
    precision_NC = both_NC / np.maximum(active_N, 1)[:, None]
    auc_NC = codes.aucs(has_RC)
    p_NC = _rank_sum_p(auc_NC, active_N, count_C, len(has_RC))
    return Enrichment(
        lift=precision_NC * len(has_RC) / count_C,
        auc=auc_NC,
        precision=precision_NC,
        recall=both_NC / count_C,
        q=stats.false_discovery_control(p_NC, axis=None).reshape(p_NC.shape),
    )


def _rank_sum_p(auc_NC: Floats, active_N: Any, count_C: Any, rows: int) -> npt.NDArray[np.float64]:
    """Return one-sided p values of the normal approximation.

    A latent's zeros are one tie, for which the variance is corrected; ties above them are not.
    """
    zeros_N = rows - active_N
    tie_N = (zeros_N**3 - zeros_N) / (rows * (rows - 1.0))
    product_C = count_C * (rows - count_C)
    variance_NC = np.maximum(rows + 1 - tie_N, 0)[:, None] / (12 * product_C)
    apart_NC = auc_NC - 0.5
    z_NC = np.divide(
        apart_NC, np.sqrt(variance_NC), out=np.zeros_like(apart_NC), where=active_N[:, None] > 0
    )
    return np.where(active_N[:, None] > 0, stats.norm.sf(z_NC), 1.0)
