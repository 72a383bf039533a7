"""SASRec_SAE_Contrastive: reconstructions of two views of a row are pulled together (NT-Xent).

The second view is the row with some of its entries dropped, through the same autoencoder.
B rows of the batch, S rows chosen from it, D width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from recsae.sae.base import SAESettings, Variant

if TYPE_CHECKING:
    from torch import Tensor, nn

    from recsae.sae.model import SparseAutoencoder
    from recsae.sae.rows import Rows


class ContrastiveSettings(SAESettings):
    """Settings of SASRec_SAE_Contrastive."""

    sae_contrastive_temp: Annotated[float, Field(gt=0)] = 0.07
    """Temperature of NT-Xent."""
    sae_contrastive_weight: Annotated[float, Field(ge=0)] = 0.5
    """Weight of NT-Xent in the loss; 0 switches it off."""
    sae_contrastive_batch: Annotated[int, Field(ge=2)] = 512
    """Rows of a batch compared with each other at most, one a user."""
    sae_contrastive_dropout: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Dropout rate that makes the second view of a row."""
    sae_contrastive_layers: Annotated[int, Field(ge=0, le=2)] = 2
    """Layers of the projection head; 0 compares the reconstructions themselves."""
    sae_contrastive_same_item: bool = False
    """Rows with the same next item are not negatives of each other."""


class Contrastive(Variant):
    """NT-Xent between the reconstructions of a row and of its dropped-out view."""

    name = "SASRec_SAE_Contrastive"
    Settings = ContrastiveSettings

    def modules(self, settings: SAESettings, width: int) -> dict[str, nn.Module]:
        """Return the projection head."""
        from torch import nn

        layers: list[list[nn.Module]] = [
            [],
            [nn.Linear(width, width)],
            [nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)],
        ]
        return {"projector": nn.Sequential(*layers[_own(settings).sae_contrastive_layers])}

    def penalty(self, sae: SparseAutoencoder, rows: Rows, recon_BD: Tensor) -> Tensor | None:
        """Return weight * NT-Xent over at most `sae_contrastive_batch` rows, one a user."""
        import torch.nn.functional as F

        from recsae.sae.losses import nt_xent

        own = _own(sae.settings)
        if own.sae_contrastive_weight == 0:
            return None
        chosen_S = one_row_a_user(rows, own.sae_contrastive_batch)
        chosen = rows.at(chosen_S)
        project = sae.extra["projector"]
        first_SD = project(recon_BD.index_select(0, chosen_S))
        second_SD = project(sae(F.dropout(chosen.x_ND, own.sae_contrastive_dropout)))
        excluded_SS = _same_next_item(chosen) if own.sae_contrastive_same_item else None
        loss = nt_xent(first_SD, second_SD, own.sae_contrastive_temp, excluded_SS)
        return own.sae_contrastive_weight * loss


def one_row_a_user(rows: Rows, limit: int) -> Tensor:
    """Return the places of each user's first row, `limit` at most; all rows if no users are known.

    A batch is in random order, so the first is any.
    """
    import torch

    count, device = rows.x_ND.shape[0], rows.x_ND.device
    place_B = torch.arange(count, device=device)
    if rows.user_N is None:
        return place_B[:limit]
    users, group_B = torch.unique(rows.user_N, return_inverse=True)
    first = torch.full((len(users),), count, device=device)
    first = first.scatter_reduce(0, group_B, place_B, "amin")
    return first.sort().values[:limit]


def _same_next_item(rows: Rows) -> Tensor | None:
    item_S = rows.next_item_N
    return None if item_S is None else item_S[:, None] == item_S[None, :]


def _own(settings: SAESettings) -> ContrastiveSettings:
    assert isinstance(settings, ContrastiveSettings)
    return settings
