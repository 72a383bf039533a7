"""SASRec_SAE_Nested: one dictionary whose codes are good when cut to any k of a ladder.

The loss is the mean over the ladder of the FVU that the k largest values of the one code leave, as
in HierarchicalTopK (2505.24473: every k up to sae_k) and Matryoshka autoencoders (2503.17547: a few
sizes). B rows of the batch, D width, K places of the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from recsae.sae.base import Autoencoder, SAESettings, Variant

if TYPE_CHECKING:
    from torch import Tensor

    from recsae.sae.code import SparseCode
    from recsae.sae.rows import Rows


class NestedSettings(SAESettings):
    """Settings of SASRec_SAE_Nested."""

    sae_nested_ladder: Literal["powers", "all"] = "powers"
    """The k below sae_k that it is trained for too: the powers of 2, or all (which is slower)."""
    sae_nested_min_k: Annotated[int, Field(ge=1)] = 1
    """Least k of the ladder; from sae_k on there is no other k than sae_k."""
    sae_nested_weight: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of the loss that is the mean over the ladder; the rest is the fvu at sae_k alone."""


class Nested(Variant):
    """The TopK autoencoder, trained for a ladder of k at once; scored at sae_k, and at each."""

    name = "SASRec_SAE_Nested"
    Settings = NestedSettings

    def ladder(self, settings: SAESettings) -> tuple[int, ...]:
        """Return the k of the ladder from the least, sae_k last."""
        own, k = _own(settings), settings.sae_k
        powers = own.sae_nested_ladder == "powers"
        below = [2**power for power in range((k - 1).bit_length())] if powers else range(1, k)
        return (*(other for other in below if other >= own.sae_nested_min_k), k)

    def penalty(
        self, sae: Autoencoder, rows: Rows, code: SparseCode, recon_BD: Tensor
    ) -> Tensor | None:
        """Return weight * (mean FVU of the ladder - FVU at sae_k), to be added to the latter.

        So with a weight of 1 the sum of the two is the mean over the ladder.
        """
        from recsae.sae.losses import batch_spread, squared_error

        own, ladder = _own(sae.settings), self.ladder(sae.settings)
        if own.sae_nested_weight == 0 or len(ladder) == 1:
            return None
        x_BD = rows.x_ND
        whole = squared_error(x_BD, recon_BD)
        excess = whole.new_zeros(())
        for cut_BD in cut_decodes(code, sae.W_dec, ladder[:-1]):
            excess = excess + squared_error(x_BD, cut_BD + sae.b_dec) - whole
        return own.sae_nested_weight * excess / (len(ladder) * batch_spread(x_BD))


def cut_decodes(code: SparseCode, W_dec_ND: Tensor, ladder: Sequence[int]) -> Iterator[Tensor]:
    """Yield for each k of a rising ladder the k largest values' sum of atoms [B, D].

    Each goes on from the one before: all together sum as many atoms as the last alone.
    """
    from recsae.sae.kernels import decode_sparse

    values_BK, place_BK = code.values_BK.sort(dim=1, descending=True)
    indices_BK = code.indices_BK.gather(1, place_BK)
    sum_BD, start = None, 0
    for k in ladder:
        part_BD = decode_sparse(values_BK[:, start:k], indices_BK[:, start:k], W_dec_ND)
        sum_BD, start = part_BD if sum_BD is None else sum_BD + part_BD, k
        yield sum_BD


def _own(settings: SAESettings) -> NestedSettings:
    assert isinstance(settings, NestedSettings)
    return settings
