"""What a representation knows of the next item's category: one latent of it, and a linear probe.

Each is chosen without the split that it is scored on: the latent on train rows, the probe fitted on
train rows and its penalty chosen on dev. Shapes: M train rows, R rows, C categories, N latents or
features, K active.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from comparison.analysis.auc import Bools, Floats, MacroAUC, code_aucs, column_aucs, macro_auc

PENALTIES = (1e-5, 1e-3, 1e-1, 10.0)
"""Ridge penalties that dev chooses from, in parts of the mean variance of a feature."""


class Codes(NamedTuple):
    """Sparse codes of rows: a positive value at each of at most K latents."""

    values_RK: Floats
    indices_RK: npt.NDArray[np.integer[Any]]
    latents: int

    def matrix(self) -> sparse.csr_array:
        """Return the rows as a sparse matrix [R, N]."""
        row_P, place_P = np.nonzero(self.values_RK > 0)
        entries = self.values_RK[row_P, place_P].astype(np.float64)
        places = (row_P, self.indices_RK[row_P, place_P])
        return sparse.csr_array((entries, places), shape=(len(self.values_RK), self.latents))


class Split(NamedTuple):
    """Rows of one split and the categories of the item that follows each."""

    x: Any
    """`Codes`, or dense states [R, N]."""
    positive_RC: Bools


def one_latent(train: Split, test: Split) -> MacroAUC:
    """Return the macro AUC on test of, for each category, the latent with the best AUC on train."""
    if isinstance(train.x, Codes):
        aucs_NC = code_aucs(*train.x, train.positive_RC)
        best_C = aucs_NC.argmax(0)
        score_RC = test.x.matrix()[:, best_C].toarray()
        return macro_auc(score_RC, test.positive_RC)
    # A coordinate of a dense state means as much in one direction as in the other.
    aucs_NC = column_aucs(train.x, train.positive_RC) - 0.5
    best_C = np.abs(aucs_NC).argmax(0)
    sign_C = np.sign(aucs_NC[best_C, np.arange(len(best_C))])
    return macro_auc(test.x[:, best_C] * sign_C, test.positive_RC)


def linear_probe(
    train: Split, dev: Split, test: Split, penalties: Sequence[float] = PENALTIES
) -> MacroAUC:
    """Return the macro AUC on test of ridge regression on train, its penalty chosen on dev."""
    x = [
        split.x.matrix() if isinstance(split.x, Codes) else split.x for split in (train, dev, test)
    ]
    weights = ridge(x[0], train.positive_RC, penalties)
    on_dev = [macro_auc(np.asarray(x[1] @ w_NC), dev.positive_RC).value for w_NC in weights]
    return macro_auc(np.asarray(x[2] @ weights[int(np.argmax(on_dev))]), test.positive_RC)


def ridge(
    x_MN: Any, positive_MC: Bools, penalties: Sequence[float]
) -> list[npt.NDArray[np.float64]]:
    """Return for each penalty the slopes [N, C] of least squares with an intercept (not returned).

    penalties: in parts of the mean variance of a feature. x_MN: dense or sparse, never densified.
    """
    rows = x_MN.shape[0]
    mean_N = np.asarray(x_MN.mean(0)).ravel()
    gram_NN = x_MN.T @ x_MN
    gram_NN = gram_NN.toarray() if sparse.issparse(gram_NN) else gram_NN
    gram_NN = np.asarray(gram_NN, np.float64) / rows - np.outer(mean_N, mean_N)
    cross_NC = np.asarray(x_MN.T @ positive_MC.astype(np.float64)) / rows
    cross_NC = cross_NC - np.outer(mean_N, positive_MC.mean(0))
    values_N, vectors_NN = np.linalg.eigh(gram_NN)
    turned_NC = vectors_NN.T @ cross_NC
    unit = float(np.trace(gram_NN)) / len(gram_NN) or 1.0
    values_N = np.maximum(values_N, 0)  # of a covariance: what is below is rounding
    return [vectors_NN @ (turned_NC / (values_N + p * unit)[:, None]) for p in penalties]
