"""The rows an autoencoder trains on. N rows, D width."""

import warnings
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


class Rows(NamedTuple):
    """States and, where they are known, who each belongs to and which item came next."""

    x_ND: Tensor
    """States of any float type; may lie on a read-only memory map."""
    user_N: Tensor | None = None
    """User of each row, integers."""
    next_item_N: Tensor | None = None
    """Item that follows each row, integers."""

    @classmethod
    def of(
        cls,
        x_ND: npt.NDArray[Any],
        user_N: npt.NDArray[Any] | None = None,
        next_item_N: npt.NDArray[Any] | None = None,
    ) -> Self:
        """Wrap arrays, memory-mapped ones included, without copying them."""
        return cls(shared_tensor(x_ND), _shared(user_N), _shared(next_item_N))

    def at(self, index: Tensor) -> "Rows":
        """Return the rows at an index, in its order."""
        user_N, next_N = self.user_N, self.next_item_N
        return Rows(
            self.x_ND.index_select(0, index),
            None if user_N is None else user_N.index_select(0, index),
            None if next_N is None else next_N.index_select(0, index),
        )

    def where(self, mask_N: Tensor) -> "Rows":
        """Return the rows that a mask picks, e.g. each user's last one."""
        return self.at(mask_N.nonzero().squeeze(1))

    def to(self, device: torch.device, dtype: torch.dtype) -> "Rows":
        """Return the rows on a device, with the states in `dtype`."""
        user_N, next_N = self.user_N, self.next_item_N
        return Rows(
            self.x_ND.to(device, dtype),
            None if user_N is None else user_N.to(device),
            None if next_N is None else next_N.to(device),
        )


def shared_tensor(array: npt.NDArray[Any]) -> Tensor:
    """Return a tensor over the array's own memory; it must not be written to if the array is
    read-only, which torch cannot know and otherwise warns about."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(np.asarray(array))


def _shared(array: npt.NDArray[Any] | None) -> Tensor | None:
    return None if array is None else shared_tensor(array)
