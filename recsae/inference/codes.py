"""Sparse codes as SciPy has them, back again, and with some latents raised or lowered.

R rows, K places of a code, N latents.
"""

from collections.abc import Mapping

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from recsae.errors import RecsaeError
from recsae.sae.code import SparseCode


def as_csr(code: SparseCode, latents: int) -> sparse.csr_array:
    """Return codes as a float32 matrix [R, N] that stores the positive values alone."""
    values_RK, indices_RK = code.values_BK.numpy(), code.indices_BK.numpy()
    positive_RK = values_RK > 0
    row_P, _ = positive_RK.nonzero()
    entries = values_RK[positive_RK], (row_P, indices_RK[positive_RK])
    return sparse.csr_array(entries, shape=(len(values_RK), latents), dtype=np.float32)


def from_csr(codes: sparse.sparray, latents: int) -> SparseCode:
    """Return a matrix [R, N] of values >= 0 as codes; raises RecsaeError for another one."""
    csr = sparse.csr_array(codes)
    if csr.shape[1] != latents or (csr.data < 0).any():
        least = csr.data.min(initial=0)
        found = f"shape {csr.shape}, least value {least:.3g}"
        raise RecsaeError(f"codes: expected {latents} columns of values >= 0, got {found}")
    counts_R = np.diff(csr.indptr)
    shape = csr.shape[0], int(counts_R.max(initial=1))
    values_RK, indices_RK = np.zeros(shape, np.float32), np.zeros(shape, np.int64)
    filled_RK = np.arange(shape[1]) < counts_R[:, None]
    values_RK[filled_RK], indices_RK[filled_RK] = csr.data, csr.indices
    return SparseCode(torch.from_numpy(values_RK), torch.from_numpy(indices_RK))


def steered(code: SparseCode, by: Mapping[int, float]) -> SparseCode:
    """Return codes with a number added to some latents of every row; none falls below 0."""
    values_RK, indices_RK = code
    added: list[tuple[Tensor, Tensor]] = []
    for latent, amount in by.items():
        here_RK = (indices_RK == latent) & (values_RK > 0)
        values_RK = torch.where(here_RK, (values_RK + amount).clamp_min(0), values_RK)
        # Where it is not active it needs a place of its own.
        absent_R1 = ~here_RK.any(dim=1, keepdim=True)
        value_R1 = absent_R1 * values_RK.new_full((len(values_RK), 1), max(amount, 0.0))
        added.append((value_R1, torch.full_like(indices_RK[:, :1], latent)))
    values, indices = zip((values_RK, indices_RK), *added, strict=True)
    return SparseCode(torch.cat(values, dim=1), torch.cat(indices, dim=1))
