"""The TopK sparse autoencoder that all variants share. B rows, D width, N latents, K active."""

import copy
from typing import Self, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recsae.sae.base import SAESettings, Variant
from recsae.sae.code import SparseCode
from recsae.sae.kernels import decode_sparse, encode_topk


@final
class SparseAutoencoder(nn.Module):
    """encode: top k of relu((x - b_dec) W_enc^T + b_enc); decode: c W_dec + b_dec, refined."""

    fired: Tensor
    twin_ND: Tensor | None
    """The atoms of the same settings with another seed, where the two are to be compared."""

    def __init__(self, variant: Variant, settings: SAESettings, width: int) -> None:
        """Draw the initial weights from torch's generator; raises SettingError for a bad width."""
        super().__init__()
        settings.check_width(width)
        self.variant, self.settings, self.width = variant, settings, width
        atoms_ND = F.normalize(torch.randn(settings.latents(width), width))
        self.W_dec = nn.Parameter(atoms_ND, requires_grad=not variant.frozen_dictionary)
        # Tied at the start only: the two are trained apart.
        self.W_enc = nn.Parameter(atoms_ND.clone())
        self.b_enc = nn.Parameter(torch.zeros(len(atoms_ND)))
        self.b_dec = nn.Parameter(torch.zeros(width))
        self.extra = nn.ModuleDict(variant.modules(settings, width))
        # Latents that were positive on any row of the last training epoch.
        self.register_buffer("fired", torch.zeros(len(atoms_ND), dtype=torch.bool))
        self.register_buffer("twin_ND", None, persistent=False)

    @property
    def latents(self) -> int:
        """Return the number of latents N."""
        return self.W_dec.shape[0]

    def at_k(self, k: int) -> Self:
        """Return the same weights, not a copy, as a model of another k; SettingError below 1."""
        cut = copy.copy(self)
        cut.settings = self.variant.Settings.of({**self.settings.values(), "sae_k": k})
        return cut

    def kept(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the weights without those of modules that training alone needs."""
        dropped = tuple(f"extra.{name}." for name in self.variant.training_only)
        return {key: value for key, value in weights.items() if not key.startswith(dropped)}

    def drop_training_only(self) -> None:
        """Let go of the modules that training alone needs; it can then be trained no more."""
        for name in self.variant.training_only:
            del self.extra[name]

    def encode(self, x_BD: Tensor) -> SparseCode:
        """Return the k largest positive pre-activations of each row."""
        return SparseCode(
            *encode_topk(x_BD, self.b_dec, self.W_enc, self.b_enc, self.settings.sae_k)
        )

    def decode(self, code: SparseCode) -> Tensor:
        """Return the linear reconstruction [B, D], from the code alone."""
        return decode_sparse(code.values_BK, code.indices_BK, self.W_dec) + self.b_dec

    def reconstruct(self, code: SparseCode, x_BD: Tensor) -> Tensor:
        """Return R(c, x) [B, D], what the variant makes of the code (and of x, if it leaks)."""
        return self.variant.refine(self, code, self.decode(code), x_BD)

    def forward(self, x_BD: Tensor) -> Tensor:
        """Return R(encode(x), x) [B, D]."""
        return self.reconstruct(self.encode(x_BD), x_BD)
