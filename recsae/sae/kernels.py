"""Sparse encode and decode: forward and gradients touch the B*K active entries, not all B*N.

The dense formulas are relu(top_k((x - b_dec) W_enc^T + b_enc)) and c W_dec + b_dec. Both gradients
of a weight matrix are products of the transposed code with B rows; the entries are sorted by
latent once, and each latent is then a bag of rows to be summed: no atomics, so the same sum each
time on every device. Shapes: B rows, D width, N latents, K active.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK_ENTRIES = 2**19
"""Pre-activations held at a time; 2 MB stay in a core's cache, where the selection reads them."""
GPU_BLOCK_ENTRIES = 2**26
"""The same on a GPU, where each block is a round of launches; 256 MB bound what a batch takes."""
GROUP = 8
"""Latents a group when the largest are selected on a CPU."""
MIN_GROUPED = 512
"""Latents from which on selecting among groups first is faster."""


def encode_topk(
    x_BD: Tensor, b_dec_D: Tensor, W_enc_ND: Tensor, b_enc_N: Tensor, k: int
) -> tuple[Tensor, Tensor]:
    """Return values >= 0 and latents [B, K] of the k largest pre-activations of each row."""
    parts = (x_BD, b_dec_D, W_enc_ND, b_enc_N, k)
    values_BK, indices_BK = _EncodeTopK.apply(*parts)  # type: ignore[no-untyped-call]
    return values_BK, indices_BK


def decode_sparse(values_BK: Tensor, indices_BK: Tensor, W_dec_ND: Tensor) -> Tensor:
    """Return c W_dec [B, D] for a sparse code, without b_dec."""
    recon_BD: Tensor = _DecodeSparse.apply(  # type: ignore[no-untyped-call]
        values_BK, indices_BK, W_dec_ND
    )
    return recon_BD


class _EncodeTopK(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x_BD: Tensor, b_dec_D: Tensor, W_enc_ND: Tensor, b_enc_N: Tensor, k: int
    ) -> tuple[Tensor, Tensor]:
        centred_BD = x_BD - b_dec_D
        values_BK, indices_BK = _largest_pre_activations(centred_BD, W_enc_ND, b_enc_N, k)
        values_BK = values_BK.relu_()
        ctx.mark_non_differentiable(indices_BK)
        ctx.save_for_backward(centred_BD, W_enc_ND, values_BK, indices_BK)
        return values_BK, indices_BK

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_BK: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        centred_BD, W_enc_ND, values_BK, indices_BK = ctx.saved_tensors
        # relu: places that only fill a row up to k have the value 0 and take no gradient.
        grad_BK = torch.where(values_BK > 0, grad_BK, 0)
        bags = _Bags(indices_BK, W_enc_ND.shape[0])
        # Rows of ones: the weighted sum is then the sum of the weights, a number a latent.
        grad_b_enc_N = bags.sum(grad_BK, torch.ones_like(centred_BD[:, :1])).squeeze(1)
        grad_x_BD = grad_b_dec_D = grad_W_ND = None
        if ctx.needs_input_grad[0]:
            grad_x_BD = _sum_atoms(grad_BK, indices_BK, W_enc_ND)
        if ctx.needs_input_grad[1]:
            # b_dec is subtracted from every row before it is encoded.
            grad_b_dec_D = -(grad_b_enc_N @ W_enc_ND)
        if ctx.needs_input_grad[2]:
            grad_W_ND = bags.sum(grad_BK, centred_BD)
        return grad_x_BD, grad_b_dec_D, grad_W_ND, grad_b_enc_N, None


class _DecodeSparse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values_BK: Tensor, indices_BK: Tensor, W_dec_ND: Tensor) -> Tensor:
        ctx.save_for_backward(values_BK, indices_BK, W_dec_ND)
        return _sum_atoms(values_BK, indices_BK, W_dec_ND)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_BD: Tensor) -> tuple[Tensor | None, None, Tensor | None]:
        values_BK, indices_BK, W_dec_ND = ctx.saved_tensors
        grad_BD = grad_BD.contiguous()
        grad_values_BK = grad_W_ND = None
        if ctx.needs_input_grad[0]:
            with torch.enable_grad():  # torch's own kernel for <grad, atom> gathers no [B, K, D]
                weights_BK = values_BK.detach().requires_grad_()
                recon_BD = _sum_atoms(weights_BK, indices_BK, W_dec_ND.detach())
            (grad_values_BK,) = torch.autograd.grad(recon_BD, weights_BK, grad_BD)
        if ctx.needs_input_grad[2]:
            grad_W_ND = _Bags(indices_BK, W_dec_ND.shape[0]).sum(values_BK, grad_BD)
        return grad_values_BK, None, grad_W_ND


class _Bags:
    """The entries of a code, sorted by latent: the transposed sparse matrix [N, B]."""

    def __init__(self, indices_BK: Tensor, latents: int) -> None:
        flat = indices_BK.reshape(-1)
        sort = sorted_by_searching if flat.is_cuda else sorted_by_radix
        self._order, self._start_N = sort(flat, latents)
        self._row = self._order // indices_BK.shape[1]

    def sum(self, weights_BK: Tensor, rows_BM: Tensor) -> Tensor:
        """Return, a latent, the weighted sum [N, M] of the rows that it is active on."""
        weights = weights_BK.reshape(-1).index_select(0, self._order)
        return F.embedding_bag(
            self._row, rows_BM, self._start_N, mode="sum", per_sample_weights=weights
        )


def _sum_atoms(weights_BK: Tensor, indices_BK: Tensor, atoms_ND: Tensor) -> Tensor:
    return F.embedding_bag(indices_BK, atoms_ND, mode="sum", per_sample_weights=weights_BK)


def sorted_by_searching(flat: Tensor, latents: int) -> tuple[Tensor, Tensor]:
    """Return the stable order [B*K] of the entries by latent, and where each latent's begin [N].

    On a GPU: counting with bincount would make the host wait, to learn the largest entry.
    """
    # Stable, so that the sums, which depend on the order of floats, are the same each time.
    sorted_, order = flat.sort(stable=True)
    return order, torch.searchsorted(sorted_, torch.arange(latents, device=flat.device))


def sorted_by_radix(flat: Tensor, latents: int) -> tuple[Tensor, Tensor]:
    """Return the same on a CPU.

    numpy sorts 16-bit keys by radix, ten times faster than torch's general sort.
    """
    small = latents <= np.iinfo(np.uint16).max
    keys = flat.numpy().astype(np.uint16 if small else np.int64)
    counts_N = torch.bincount(flat, minlength=latents)
    return torch.from_numpy(np.argsort(keys, kind="stable")), counts_N.cumsum(0) - counts_N


def _largest_pre_activations(
    centred_BD: Tensor, W_enc_ND: Tensor, b_enc_N: Tensor, k: int
) -> tuple[Tensor, Tensor]:
    entries = GPU_BLOCK_ENTRIES if centred_BD.is_cuda else BLOCK_ENTRIES
    block_rows = max(64, entries // W_enc_ND.shape[0])
    blocks = torch.split(centred_BD, block_rows)
    parts = [select_topk(torch.addmm(b_enc_N, block, W_enc_ND.T), k) for block in blocks]
    if len(parts) == 1:
        return parts[0]
    values, indices = zip(*parts, strict=True)
    return torch.cat(values), torch.cat(indices)


def select_topk(pre_BN: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k largest entries of each row and where they are, in no particular order."""
    rows, latents = pre_BN.shape
    groups = latents // GROUP
    few = latents < MIN_GROUPED or groups < 2 * k
    if pre_BN.is_cuda or latents % GROUP or few:
        return _partition_topk(pre_BN, k)
    # The k largest entries lie in the k groups with the largest maxima: a maximum is cheap.
    grouped = pre_BN.view(rows, GROUP, groups)
    best_BK = _partition_topk(grouped.amax(1), k)[1]
    entries = grouped.gather(2, best_BK[:, None, :].expand(rows, GROUP, k)).view(rows, GROUP * k)
    values_BK, place_BK = _partition_topk(entries, k)
    return values_BK, place_BK // k * groups + best_BK.gather(1, place_BK % k)


def _partition_topk(pre_BN: Tensor, k: int) -> tuple[Tensor, Tensor]:
    rows, latents = pre_BN.shape
    if pre_BN.is_cuda or k == latents:
        return pre_BN.topk(k, dim=1, sorted=False)
    # numpy partitions with vector instructions, 2 to 5 times faster than torch.topk on a CPU.
    scores = pre_BN.numpy()
    threshold_B = np.partition(scores, latents - k, axis=1)[:, latents - k]
    flat = torch.from_numpy(np.flatnonzero(scores >= threshold_B[:, None]))
    if len(flat) != rows * k:  # ties at the threshold, or values that are not numbers
        return pre_BN.topk(k, dim=1, sorted=False)
    # flatnonzero gave places in the whole block; what is wanted is the place in the row.
    indices_BK = flat.view(rows, k) - torch.arange(0, rows * latents, latents)[:, None]
    return pre_BN.gather(1, indices_BK), indices_BK
