"""SASRec_PCA: the first k principal components as an autoencoder of 2k latents, a control.

Around the mean, each component has two latents, one a direction: so codes are never negative, at
most k of them are positive, and the linear reconstruction is that of PCA. Nothing is optimised.
K components, N rows, D width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from recsae.errors import SettingError
from recsae.sae.base import Autoencoder, SAESettings, Variant

if TYPE_CHECKING:
    from torch import Tensor


class PCASettings(SAESettings):
    """Settings of SASRec_PCA: those of an autoencoder that mean something without training.

    The rest are constants here, so that they are no settings: a file or flag that gives one is
    told that this model does not have it.
    """

    sae_scale_size: ClassVar[int] = 2  # type: ignore[misc]
    sae_lr: ClassVar[float] = 1.0  # type: ignore[misc]
    sae_epochs: ClassVar[int] = 1  # type: ignore[misc]
    sae_batch_size: ClassVar[int] = 4096  # type: ignore[misc]
    sae_auxk: ClassVar[float] = 0.0  # type: ignore[misc]
    sae_dead_window: ClassVar[float] = 1.0  # type: ignore[misc]
    sae_recipe: ClassVar[Literal["default"]] = "default"  # type: ignore[misc]
    sae_input_scale: ClassVar[Literal["none"]] = "none"  # type: ignore[misc]
    sae_seed: ClassVar[int] = 0  # type: ignore[misc]

    def latents(self, width: int) -> int:
        """Return two latents a component."""
        return 2 * self.sae_k

    def check_width(self, width: int) -> None:
        """Raise SettingError if there are not so many components."""
        if self.sae_k > width:
            raise SettingError("sae_k", f"expected at most {width} (the width), got {self.sae_k}")


class PCA(Variant):
    """Mean and principal components of the train rows."""

    name = "SASRec_PCA"
    Settings = PCASettings
    control = True
    closed_form = True

    def solve(self, sae: Autoencoder, x_ND: Tensor) -> None:
        """Set the weights from the rows, in float64, a block of rows at a time."""
        import torch

        with torch.no_grad():
            mean_D, axes_KD = principal_axes(x_ND, sae.settings.sae_k)
            atoms_ND = torch.cat([axes_KD, -axes_KD])
            sae.b_dec.copy_(mean_D)
            sae.b_enc.zero_()
            for weight in (sae.W_enc, sae.W_dec):
                weight.copy_(atoms_ND)


def principal_axes(x_ND: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the mean [D] and the orthonormal axes [K, D] of most variance, float64.

    The largest entry of each axis is positive, so that equal rows give equal axes.
    """
    import torch

    rows, width = x_ND.shape
    # In blocks, since float64 copies of all rows may not fit into memory.
    blocks = torch.split(x_ND, 65_536)
    mean_D = torch.stack([block.double().sum(0) for block in blocks]).sum(0) / rows
    scatter_DD = x_ND.new_zeros((width, width), dtype=torch.float64)
    for block in blocks:
        centred_BD = block.double() - mean_D
        scatter_DD += centred_BD.T @ centred_BD
    # eigh sorts ascending; the axes of most variance come last.
    axes_KD = torch.linalg.eigh(scatter_DD).eigenvectors.T.flip(0)[:count]
    largest_K1 = axes_KD.abs().argmax(1, keepdim=True)
    return mean_D, axes_KD * axes_KD.gather(1, largest_K1).sign()
