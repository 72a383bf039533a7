"""SASRec_SAE_Contrastive: reconstructions of two views of a row are pulled together (NT-Xent).

The first view is the row, the second the row with some of its entries dropped, or the row as the
base computes it with its own dropout on; both go through the same autoencoder.
B rows of the batch, S rows chosen from it, D width, V stored views of a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from recsae.errors import SettingError
from recsae.sae.base import Autoencoder, SAESettings, Variant

if TYPE_CHECKING:
    from torch import Tensor, nn

    from recsae.sae.code import SparseCode
    from recsae.sae.rows import Rows


class ContrastiveSettings(SAESettings):
    """Settings of SASRec_SAE_Contrastive."""

    sae_contrastive_temp: Annotated[float, Field(gt=0)] = 0.07
    """Temperature of NT-Xent."""
    sae_contrastive_weight: Annotated[float, Field(ge=0)] = 0.5
    """Weight of NT-Xent in the loss; 0 switches it off."""
    sae_contrastive_batch: Annotated[int, Field(ge=2)] = 512
    """Rows of a batch compared with each other at most, one a user (reference recipe: all rows)."""
    sae_contrastive_view: Literal["dropout", "base"] = "dropout"
    """The second view of a row: the row with some entries dropped, or what the base computes with
    its own dropout on, stored with the states (activation_views)."""
    sae_contrastive_dropout: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Dropout rate of the second view, if that is `dropout`."""
    sae_contrastive_layers: Annotated[int, Field(ge=0, le=2)] = 2
    """Layers of the projection head, dropped after training; 0 compares the reconstructions."""
    sae_contrastive_same_item: bool = False
    """Rows with the same next item are not negatives of each other."""


class Contrastive(Variant):
    """NT-Xent between the reconstructions of a row and of a second view of it."""

    name = "SASRec_SAE_Contrastive"
    Settings = ContrastiveSettings
    training_only = ("projector",)

    def modules(self, settings: SAESettings, width: int) -> dict[str, nn.Module]:
        """Return the projection head."""
        from torch import nn

        layers: list[list[nn.Module]] = [
            [],
            [nn.Linear(width, width)],
            [nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)],
        ]
        return {"projector": nn.Sequential(*layers[_own(settings).sae_contrastive_layers])}

    def views(self, settings: SAESettings) -> int:
        """Return 1 if the second view comes from the base; more may be stored, and are used."""
        own = _own(settings)
        return int(own.sae_contrastive_view == "base" and own.sae_contrastive_weight > 0)

    def penalty(
        self, sae: Autoencoder, rows: Rows, code: SparseCode, recon_BD: Tensor
    ) -> Tensor | None:
        """Return weight * NT-Xent over at most `sae_contrastive_batch` rows, one a user.

        Under the reference recipe it is the published loss, over all rows of the batch.
        """
        import torch

        from recsae.sae.variants.nt_xent import nt_xent, nt_xent_as_published

        own = _own(sae.settings)
        if own.sae_contrastive_weight == 0:
            return None
        published = own.sae_recipe == "reference"
        real_S = None
        if not published:
            chosen_S = one_row_a_user(rows, own.sae_contrastive_batch, padded=recon_BD.is_cuda)
            if recon_BD.is_cuda:
                real_S, chosen_S = chosen_S < len(recon_BD), chosen_S.clamp_max(len(recon_BD) - 1)
            rows, recon_BD = rows.at(chosen_S), recon_BD.index_select(0, chosen_S)
        both_VD = torch.cat([recon_BD, sae(second_view(rows, own))])
        first_SD, second_SD = sae.extra["projector"](both_VD).chunk(2)
        if published:
            loss = nt_xent_as_published(first_SD, second_SD, own.sae_contrastive_temp)
        else:
            excluded_SS = _same_next_item(rows) if own.sae_contrastive_same_item else None
            loss = nt_xent(first_SD, second_SD, own.sae_contrastive_temp, excluded_SS, real_S)
        return own.sae_contrastive_weight * loss


def second_view(rows: Rows, own: ContrastiveSettings) -> Tensor:
    """Return the rows' other view [S, D]; of several stored ones, any, drawn for each row.

    Raises SettingError if stored ones are asked for and there are none.
    """
    import torch

    x_SD, view_VSD = rows.x_ND, rows.view_VND
    if own.sae_contrastive_view == "dropout":
        kept_SD = torch.rand_like(x_SD) >= own.sae_contrastive_dropout
        # The published view is not scaled up for what was dropped.
        left = 1.0 if own.sae_recipe == "reference" else 1 - own.sae_contrastive_dropout
        return x_SD * kept_SD / left
    if view_VSD is None:
        raise SettingError(
            "sae_contrastive_view",
            "expected states stored with the base's dropout on (activation_views 1 or more), "
            "found none",
        )
    if len(view_VSD) == 1:
        return view_VSD[0]
    drawn_S = torch.randint(len(view_VSD), (len(x_SD),), device=x_SD.device)
    return view_VSD[drawn_S, torch.arange(len(x_SD), device=x_SD.device)]


def one_row_a_user(rows: Rows, limit: int, *, padded: bool = False) -> Tensor:
    """Return the places of each user's first row, `limit` at most; all rows if no users are known.

    A batch is in random order, so the first is any. `padded`: as many places whatever the users,
    the last ones beyond the batch; so a GPU's host need not wait to learn how many users there are.
    """
    import torch

    if rows.user_N is None:
        return torch.arange(rows.x_ND.shape[0], device=rows.x_ND.device)[:limit]
    # Of equal users the stable sort puts the first place first; torch.unique waits more often.
    user_B, place_B = rows.user_N.sort(stable=True)
    first_B = torch.ones_like(user_B, dtype=torch.bool)
    torch.ne(user_B[1:], user_B[:-1], out=first_B[1:])
    place_B = torch.where(first_B, place_B, len(place_B)) if padded else place_B[first_B]
    return place_B.sort().values[:limit]


def _same_next_item(rows: Rows) -> Tensor | None:
    item_S = rows.next_item_N
    return None if item_S is None else item_S[:, None] == item_S[None, :]


def _own(settings: SAESettings) -> ContrastiveSettings:
    assert isinstance(settings, ContrastiveSettings)
    return settings
