"""The rows an autoencoder trains on. N rows, D width, V dropout views of each row."""

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
    view_VND: Tensor | None = None
    """The same rows as the base computed them with its dropout on, V times."""

    @classmethod
    def of(
        cls,
        x_ND: npt.NDArray[Any],
        user_N: npt.NDArray[Any] | None = None,
        next_item_N: npt.NDArray[Any] | None = None,
        view_VND: npt.NDArray[Any] | None = None,
    ) -> Self:
        """Wrap arrays, memory-mapped ones included, without copying them."""
        known = (_shared(array) for array in (user_N, next_item_N, view_VND))
        return cls(shared_tensor(x_ND), *known)

    def at(self, index: Tensor) -> "Rows":
        """Return the rows at an index, in its order, with all their views."""
        return Rows(
            self.x_ND.index_select(0, index),
            _picked(self.user_N, 0, index),
            _picked(self.next_item_N, 0, index),
            _picked(self.view_VND, 1, index),
        )

    def where(self, mask_N: Tensor) -> "Rows":
        """Return the rows that a mask picks, e.g. each user's last one."""
        return self.at(mask_N.nonzero().squeeze(1))

    def to(self, device: torch.device, dtype: torch.dtype) -> "Rows":
        """Return the rows on a device, with states and views in `dtype`."""
        user_N, next_N, view_VND = self.user_N, self.next_item_N, self.view_VND
        return Rows(
            self.x_ND.to(device, dtype),
            None if user_N is None else user_N.to(device),
            None if next_N is None else next_N.to(device),
            None if view_VND is None else view_VND.to(device, dtype),
        )


def _picked(array: Tensor | None, dimension: int, index: Tensor) -> Tensor | None:
    return None if array is None else array.index_select(dimension, index)


def shared_tensor(array: npt.NDArray[Any]) -> Tensor:
    """Return a tensor over the array's own memory; it must not be written to if the array is
    read-only, which torch cannot know and otherwise warns about."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(np.asarray(array))


def _shared(array: npt.NDArray[Any] | None) -> Tensor | None:
    return None if array is None else shared_tensor(array)
