"""SASRec_SAE_Attention: multi-head attention refines the linear reconstruction.

"published" attends over the two tokens [x, linear reconstruction] and returns the output at the
second: the dense input walks past the sparse code. "code" sees only what the code holds.
B rows, D width, K active.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import Field

from recsae.errors import SettingError
from recsae.sae.base import Autoencoder, SAESettings, Variant

if TYPE_CHECKING:
    from torch import Tensor, nn

    from recsae.sae.code import SparseCode


class AttentionSettings(SAESettings):
    """Settings of SASRec_SAE_Attention."""

    sae_attn_heads: Annotated[int, Field(ge=1)] = 4
    """Attention heads; must divide the width of the states."""
    sae_attn_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Dropout rate of the attention's output, in mode `code` of its weights too, while training."""
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
        layer = nn.MultiheadAttention(width, own.sae_attn_heads, batch_first=True)
        return {"attention": layer}

    def refine(self, sae: Autoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor) -> Tensor:
        """Return the refined reconstruction [B, D]."""
        import torch.nn.functional as F

        from recsae.sae.variants.attention_atoms import over_atoms

        own, layer = _own(sae.settings), cast("nn.MultiheadAttention", sae.extra["attention"])
        if own.sae_attn_mode == "published":
            out_BD = _over_input(layer, linear_BD, x_BD)
            return F.dropout(out_BD, own.sae_attn_dropout, training=sae.training)
        dropout = own.sae_attn_dropout if sae.training else 0.0
        out_BD = over_atoms(layer, linear_BD, code, sae.W_dec, dropout)
        return linear_BD + F.dropout(out_BD, dropout)

    def may_leak(self, settings: SAESettings) -> bool:
        """Return True for the published mode."""
        return _own(settings).sae_attn_mode == "published"


def _over_input(layer: nn.MultiheadAttention, linear_BD: Tensor, x_BD: Tensor) -> Tensor:
    """Return the output at the second of the tokens [x, linear reconstruction]."""
    import torch

    tokens_B2D = torch.stack([x_BD, linear_BD], dim=1)
    # Only the second token's output is used, so only it asks.
    out_B1D, _ = layer(linear_BD[:, None], tokens_B2D, tokens_B2D, need_weights=False)
    return torch.squeeze(out_B1D, 1)


def _own(settings: SAESettings) -> AttentionSettings:
    assert isinstance(settings, AttentionSettings)
    return settings
