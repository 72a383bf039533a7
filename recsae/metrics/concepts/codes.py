"""Codes of rows as the scores of concepts read them. R rows, N latents, K places, D columns."""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recsae.metrics.concepts.auc import Bools, Floats, code_aucs, column_aucs


class Codes(NamedTuple):
    """Sparse codes of rows: a positive value at each of at most K latents."""

    values_RK: Floats
    indices_RK: npt.NDArray[np.integer[Any]]
    latents: int

    @classmethod
    def of_columns(cls, x_RD: Floats, mean_D: Floats) -> Self:
        """Return dense columns as 2 D latents: each is positive above its mean, or below it."""
        apart_RD = np.asarray(x_RD) - mean_D
        width = apart_RD.shape[1]
        return cls(np.abs(apart_RD), np.arange(width) + width * (apart_RD < 0), 2 * width)

    def matrix(self) -> sparse.csr_array:
        """Return the rows as a sparse matrix [R, N]."""
        row_P, place_P = np.nonzero(self.values_RK > 0)
        entries = self.values_RK[row_P, place_P].astype(np.float64)
        places = (row_P, self.indices_RK[row_P, place_P])
        return sparse.csr_array((entries, places), shape=(len(self.values_RK), self.latents))

    def aucs(self, positive_RC: Bools) -> npt.NDArray[np.float64]:
        """Return the AUC of each latent for each attribute, float64 [N, C]."""
        return code_aucs(self.values_RK, self.indices_RK, self.latents, positive_RC)

    def scores(self, latent_C: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float64]:
        """Return the values of some latents, float64 [R, C]."""
        return np.asarray(self.matrix()[:, latent_C].toarray())


class Columns(NamedTuple):
    """Dense columns, each in both directions: 2 D latents, the second D are the first negated."""

    x_RD: Floats

    def aucs(self, positive_RC: Bools) -> npt.NDArray[np.float64]:
        """Return the AUC of each latent for each attribute, float64 [2 D, C]."""
        aucs_DC = column_aucs(self.x_RD, positive_RC)
        return np.concatenate([aucs_DC, 1 - aucs_DC])

    def scores(self, latent_C: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float64]:
        """Return the values of some latents, float64 [R, C]."""
        column_C, width = np.asarray(latent_C), self.x_RD.shape[1]
        sign_C = np.where(column_C < width, 1.0, -1.0)
        return np.asarray(self.x_RD[:, column_C % width] * sign_C)
