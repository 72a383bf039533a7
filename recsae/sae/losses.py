"""The terms of the loss. B rows, D width, K active, M dead latents, V rows of two views (2 B)."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from recsae.sae.kernels import decode_sparse, encode_topk
from recsae.sae.model import SparseAutoencoder
from recsae.sae.rows import Rows

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
    """The variant's own term, weighted already."""


def loss_terms(sae: SparseAutoencoder, rows: Rows, recon_BD: Tensor, dead_M: Tensor) -> Terms:
    """Return the loss of a batch, given its reconstruction and the latents that are dead."""
    x_BD, weight = rows.x_ND, sae.settings.sae_auxk
    spread = batch_spread(x_BD)
    fvu = squared_error(x_BD, recon_BD) / spread
    aux = penalty = fvu.new_zeros(())
    if weight > 0 and len(dead_M) > 0:
        aux = auxk(sae, x_BD, (x_BD - recon_BD).detach(), dead_M, spread)
    own = sae.variant.penalty(sae, rows, recon_BD)
    if own is not None:
        penalty = own
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
    sae: SparseAutoencoder, x_BD: Tensor, error_BD: Tensor, dead_M: Tensor, spread: Tensor
) -> Tensor:
    """Return how badly the dead latents explain the error (OpenAI, appendix A.2).

    `error_BD` is x minus its reconstruction, detached; `dead_M` the dead latents, at least one.
    """
    half_width = max(1, sae.width // 2)
    count = dead_M.shape[0]
    values_BK, local_BK = encode_topk(
        x_BD,
        sae.b_dec,
        sae.W_enc.index_select(0, dead_M),
        sae.b_enc.index_select(0, dead_M),
        min(half_width, count),
    )
    explained_BD = decode_sparse(values_BK, dead_M[local_BK], sae.W_dec)
    return min(1.0, count / half_width) * squared_error(error_BD, explained_BD) / spread


def nt_xent(
    first_BD: Tensor, second_BD: Tensor, temperature: float, excluded_BB: Tensor | None = None
) -> Tensor:
    """Return the mean of SimCLR's eq. 1 over the 2B ordered pairs of two views of B samples.

    `excluded_BB` (symmetric) marks samples that are not negatives of each other; a sample's own
    second view is its positive whatever the diagonal says.
    """
    count = first_BD.shape[0]
    z_VD = F.normalize(torch.cat([first_BD, second_BD]), dim=1)
    logits_VV = z_VD @ z_VD.T / temperature
    itself_BB = torch.eye(count, dtype=torch.bool, device=z_VD.device)
    others_BB = itself_BB if excluded_BB is None else excluded_BB | itself_BB
    hidden_VV = others_BB.repeat(2, 2)
    positive_V = torch.arange(2 * count, device=z_VD.device).roll(count)
    hidden_VV[torch.arange(2 * count, device=z_VD.device), positive_V] = False
    return F.cross_entropy(logits_VV.masked_fill(hidden_VV, -torch.inf), positive_V)
