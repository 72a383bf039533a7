"""A variant with a setting of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from recsae.sae.base import SAESettings, Variant

if TYPE_CHECKING:
    from torch import Tensor

    from recsae.sae.code import SparseCode
    from recsae.sae.model import SparseAutoencoder


class DampedSettings(SAESettings):
    """Settings of the variant."""

    sae_damping: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """The part of each reconstruction that is left out."""


class Damped(Variant):
    """The plain autoencoder, with reconstructions that are too short."""

    name = "SASRec_SAE_Damped"
    Settings = DampedSettings

    def refine(
        self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor
    ) -> Tensor:
        """Return the shortened reconstruction."""
        assert isinstance(sae.settings, DampedSettings)
        return (1 - sae.settings.sae_damping) * linear_BD
