"""The sparse code of rows: K values and the latents they belong to. B rows, K active."""

from typing import NamedTuple

from torch import Tensor


class SparseCode(NamedTuple):
    """The active latents of each row, in no particular order; a value of 0 means none."""

    values_BK: Tensor
    """Values >= 0."""
    indices_BK: Tensor
    """The latent of each value, int64, distinct within a row."""
