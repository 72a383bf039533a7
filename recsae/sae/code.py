"""The sparse code of rows: K values and the latents they belong to. B rows, K active."""

from typing import NamedTuple

from torch import Tensor


class SparseCode(NamedTuple):
    """The active latents of each row, in no particular order; a value of 0 means none."""

    values_BK: Tensor
    """Values >= 0."""
    indices_BK: Tensor
    """The latent of each value, int64, distinct within a row."""

    def largest(self, k: int) -> "SparseCode":
        """Return the k largest values of each row alone; the code as it is if it has no more."""
        if k >= self.values_BK.shape[1]:
            return self
        values_BK, place_BK = self.values_BK.topk(k, dim=1)
        return SparseCode(values_BK, self.indices_BK.gather(1, place_BK))
