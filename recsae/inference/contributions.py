"""What each active latent does to a user's recommendations, and what they are without it.

A latents of a code that are positive, I items, D width.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recsae.inference.histories import Ints
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder

Floats = npt.NDArray[np.float32]


class Contributions(NamedTuple):
    """One user's code taken apart."""

    latents: Ints
    """[A], by value, the largest first."""
    values: Floats
    """[A]"""
    items: Ints
    """[T] codes of the items that score best, best first."""
    scores: Floats
    """[T]"""
    base_ranks: Ints
    """[T]: from 1, by the base."""
    parts: Floats
    """[A, T]: by how much the score of an item falls if a latent is switched off. Where the decoder
    is linear they sum, with what the decoder's bias gives, to the score."""
    without: list[list[int]]
    """The items that score best without each latent, best first."""


@torch.no_grad()
def contributions(
    model: SparseAutoencoder, x_D: Tensor, table_ID: Tensor, seen: Ints, top: int
) -> Contributions:
    """Return what each latent does for one state; items that were seen are in no ranking."""
    code = model.encode(x_D[None])
    order = code.values_BK[0].argsort(descending=True, stable=True)
    values_A, latents_A = (part[0][order] for part in (code.values_BK, code.indices_BK))
    active = values_A > 0
    values_A, latents_A = values_A[active], latents_A[active]
    # The first row is the whole code; each other one lacks a latent.
    kept = torch.cat([torch.ones(1, len(values_A)), 1 - torch.eye(len(values_A))]).to(x_D)
    codes = SparseCode(kept * values_A, latents_A.expand(len(kept), -1))
    scores_RI = model.reconstruct(codes, x_D.expand(len(kept), -1)) @ table_ID.T
    base_I = x_D @ table_ID.T
    blocked = torch.from_numpy(seen)
    scores_RI[:, blocked], base_I[blocked] = -torch.inf, -torch.inf
    best = min(top, len(table_ID) - len(seen))
    orders_RT = scores_RI.argsort(dim=1, descending=True, stable=True)[:, :best].cpu()
    items_T = orders_RT[0]
    ranks_T = 1 + (base_I[None, :] > base_I[items_T][:, None]).sum(1)
    chosen_RT = scores_RI[:, items_T]
    return Contributions(
        latents_A.cpu().numpy(),
        values_A.cpu().numpy(),
        items_T.numpy(),
        chosen_RT[0].cpu().numpy(),
        ranks_T.cpu().numpy(),
        (chosen_RT[0] - chosen_RT[1:]).cpu().numpy(),
        orders_RT[1:].tolist(),
    )
