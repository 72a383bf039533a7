"""SASRec_SAE_Attention: multi-head attention refines the linear reconstruction.

"published" attends over the two tokens [x, linear reconstruction] and returns the output at the
second: the dense input walks past the sparse code. "code" sees only what the code holds.
B rows, D width, K active.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from recsae.errors import SettingError
from recsae.sae.base import SAESettings, Variant

if TYPE_CHECKING:
    from torch import Tensor, nn

    from recsae.sae.code import SparseCode
    from recsae.sae.model import SparseAutoencoder


class AttentionSettings(SAESettings):
    """Settings of SASRec_SAE_Attention."""

    sae_attn_heads: Annotated[int, Field(ge=1)] = 4
    """Attention heads; must divide the width of the states."""
    sae_attn_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Dropout rate of the attention weights and of its output, while training."""
    sae_attn_mode: Literal["published", "code"] = "published"
    """Attend over the input and its reconstruction (leaks), or over the active latents only."""

    def check_width(self, width: int) -> None:
        """Raise SettingError if these settings cannot work on states of `width`."""
        super().check_width(width)
        if width % self.sae_attn_heads:
            raise SettingError(
                "sae_attn_heads",
                f"expected a divisor of the width {width}, got {self.sae_attn_heads}",
            )


class Attention(Variant):
    """Attention between input and reconstruction, or over the code's decoder atoms."""

    name = "SASRec_SAE_Attention"
    Settings = AttentionSettings

    def modules(self, settings: SAESettings, width: int) -> dict[str, nn.Module]:
        """Return the attention layer."""
        from torch import nn

        own = _own(settings)
        layer = nn.MultiheadAttention(
            width, own.sae_attn_heads, dropout=own.sae_attn_dropout, batch_first=True
        )
        return {"attention": layer}

    def refine(
        self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor
    ) -> Tensor:
        """Return the refined reconstruction [B, D]."""
        if _own(sae.settings).sae_attn_mode == "published":
            return self._over_input(sae, linear_BD, x_BD)
        return linear_BD + self._over_atoms(sae, code, linear_BD)

    def may_leak(self, settings: SAESettings) -> bool:
        """Return True for the published mode."""
        return _own(settings).sae_attn_mode == "published"

    def _over_input(self, sae: SparseAutoencoder, linear_BD: Tensor, x_BD: Tensor) -> Tensor:
        import torch

        # Only the second token's output is used, so only it asks.
        tokens_B2D = torch.stack([x_BD, linear_BD], dim=1)
        return _attend(sae, linear_BD, tokens_B2D, None)

    def _over_atoms(self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor) -> Tensor:
        import torch.nn.functional as F

        atoms_BKD = F.embedding(code.indices_BK, sae.W_dec) * code.values_BK[:, :, None]
        empty_BK = code.values_BK <= 0
        none_B1 = empty_BK.all(dim=1, keepdim=True)
        # Not every backend defines attention over nothing: let it attend, drop what it gets.
        out_BD = _attend(sae, linear_BD, atoms_BKD, empty_BK & ~none_B1)
        return out_BD.masked_fill(none_B1, 0.0)


def _attend(
    sae: SparseAutoencoder, query_BD: Tensor, tokens_BTD: Tensor, hidden_BT: Tensor | None
) -> Tensor:
    import torch.nn.functional as F

    out_B1D, _ = sae.extra["attention"](
        query_BD[:, None], tokens_BTD, tokens_BTD, key_padding_mask=hidden_BT, need_weights=False
    )
    rate = _own(sae.settings).sae_attn_dropout
    return F.dropout(out_B1D.squeeze(1), rate, training=sae.training)


def _own(settings: SAESettings) -> AttentionSettings:
    assert isinstance(settings, AttentionSettings)
    return settings
