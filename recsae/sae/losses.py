"""The terms of the loss. B rows, D width, K active, M dead latents."""

from typing import NamedTuple

import torch
from torch import Tensor

from recsae.sae.code import SparseCode
from recsae.sae.kernels import decode_sparse, encode_topk
from recsae.sae.model import SparseAutoencoder
from recsae.sae.recipes import PENALTY_SHARE, Recipe
from recsae.sae.rows import Rows

DEFAULT = Recipe()
_MIN_SPREAD = 1e-6  # share of the squared length below which float32 sees a constant batch


class Terms(NamedTuple):
    """What is minimised, and the parts it is the weighted sum of; scalars."""

    loss: Tensor
    """fvu + sae_auxk * auxk + penalty."""
    fvu: Tensor
    """Fraction of the batch's variance unexplained."""
    auxk: Tensor
    """What the dead latents leave unexplained of the error, 0 when none is dead."""
    penalty: Tensor
    """The variant's own term, weighted already, as much of it as takes part."""


def loss_terms(
    sae: SparseAutoencoder,
    rows: Rows,
    code: SparseCode,
    recon_BD: Tensor,
    dead_M: Tensor,
    recipe: Recipe = DEFAULT,
) -> Terms:
    """Return the loss of a batch, given its code, its reconstruction and the latents that are dead.

    They are given by number, or as a mask [N]: then no shape depends on them.
    """
    x_BD, weight = rows.x_ND, sae.settings.sae_auxk
    spread = batch_spread(x_BD)
    fvu = squared_error(x_BD, recon_BD) / spread
    aux = penalty = fvu.new_zeros(())
    if weight > 0 and len(dead_M) > 0:
        aux = auxk(sae, x_BD, recon_BD, dead_M, spread, recipe)
    if recipe.own_term or len(dead_M) > 0:
        own = sae.variant.penalty(sae, rows, code, recon_BD)
        if own is not None:
            penalty = own if recipe.own_term else PENALTY_SHARE * own
    return Terms(fvu + weight * aux + penalty, fvu, aux, penalty)


def batch_spread(x_BD: Tensor) -> Tensor:
    """Return the batch's sum of squares around its mean, the denominator of FVU.

    A batch of one row, or of equal rows, has none: its squared length stands in (1 if that is 0).
    """
    spread = (x_BD - x_BD.mean(0)).square().sum()
    length = x_BD.square().sum()
    spread = torch.where(spread > _MIN_SPREAD * length, spread, length)
    return torch.where(spread > 0, spread, 1.0)


def squared_error(x_BD: Tensor, recon_BD: Tensor) -> Tensor:
    """Return the sum of squared differences."""
    return (x_BD - recon_BD).square().sum()


def auxk(
    sae: SparseAutoencoder,
    x_BD: Tensor,
    recon_BD: Tensor,
    dead_M: Tensor,
    spread: Tensor,
    recipe: Recipe = DEFAULT,
) -> Tensor:
    """Return how badly the dead latents explain the error (OpenAI, appendix A.2).

    The error is x minus its reconstruction, detached; the published recipe differs (`Recipe`).
    Dead latents are given by number, at least one, or as a mask [N].
    """
    error_BD = x_BD - recon_BD if recipe.auxk_sign else recon_BD - x_BD
    if recipe.auxk_detached:
        error_BD = error_BD.detach()
    # k_aux of the paper.
    half_width = max(1, sae.width // 2)
    code = _dead_code if dead_M.dtype != torch.bool else _masked_code
    values_BK, indices_BK, count = code(sae, x_BD, dead_M, half_width)
    explained_BD = decode_sparse(values_BK, indices_BK, sae.W_dec)
    if not recipe.auxk_no_bias:
        explained_BD = explained_BD + sae.b_dec
    # With fewer dead latents than k_aux the term counts less, in proportion.
    share = count / half_width
    weight = share.clamp_max(1.0) if isinstance(share, Tensor) else min(1.0, share)
    return weight * squared_error(error_BD, explained_BD) / spread


def _dead_code(
    sae: SparseAutoencoder, x_BD: Tensor, dead_M: Tensor, most: int
) -> tuple[Tensor, Tensor, int]:
    """Return values and latents of the dead that answer most, and how many are dead."""
    count = dead_M.shape[0]
    values_BK, local_BK = encode_topk(
        x_BD,
        sae.b_dec,
        sae.W_enc.index_select(0, dead_M),
        sae.b_enc.index_select(0, dead_M),
        min(most, count),
    )
    return values_BK, dead_M[local_BK], count


def _masked_code(
    sae: SparseAutoencoder, x_BD: Tensor, dead_N: Tensor, most: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the same from all latents, of which those alive answer with 0, if with anything."""
    # A latent alive never is among the largest, unless there are fewer dead than places.
    bias_N = torch.where(dead_N, sae.b_enc, -torch.inf)
    places = min(most, sae.latents)
    return *encode_topk(x_BD, sae.b_dec, sae.W_enc, bias_N, places), dead_N.sum()
