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

from recsae.metrics.concepts.auc import Bools, MacroAUC, macro_auc
from recsae.metrics.concepts.codes import Codes, Columns

PENALTIES = (1e-5, 1e-3, 1e-1, 10.0)
"""Ridge penalties that dev chooses from, in parts of the mean variance of a feature."""


class Split(NamedTuple):
    """Rows of one split and the categories of the item that follows each."""

    x: Any
    """`Codes`, or dense states [R, N]."""
    positive_RC: Bools


def one_latent(train: Split, test: Split) -> MacroAUC:
    """Return the macro AUC on test of, for each category, the latent with the best AUC on train.

    A coordinate of a dense state means as much in one direction as in the other.
    """
    seen, asked = (
        part.x if isinstance(part.x, Codes) else Columns(part.x) for part in (train, test)
    )
    best_C = seen.aucs(train.positive_RC).argmax(0)
    return macro_auc(asked.scores(best_C), test.positive_RC)


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
