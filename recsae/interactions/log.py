"""What a reader returns: the events of a file with their ids as codes."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsae.interactions.attributes import ItemAttributes


class Coded(NamedTuple):
    """Ids as codes: the id of event e is ids[codes[e]]; ids are sorted and unique."""

    codes: NDArray[np.int32]
    ids: NDArray[Any]

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return the codes marked; which of the ids are left is settled when a log is finished."""
        return self._replace(codes=self.codes[keep])


class Log(NamedTuple):
    """Events as they stand in a file, in its order; only what is no event is left out."""

    user: Coded
    item: Coded
    time: NDArray[np.int64] | NDArray[np.float64] | None
    """None: the order of the file counts."""
    split: NDArray[np.int8] | None = None
    attributes: ItemAttributes | None = None
    """What is known about the items."""
    dropped: dict[str, int] = {}
    """Reason in words → events that the reader left out."""
    filters: tuple[str, ...] = ()
    """The filters by value that were asked for, in words."""
    columns: dict[str, str] = {}
    """Role → the column that has it."""
    unused: tuple[str, ...] = ()
    """The columns that nothing was read from."""

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return the events marked; which ids are left is settled later."""
        return self._replace(
            user=self.user.only(keep),
            item=self.item.only(keep),
            time=None if self.time is None else self.time[keep],
            split=None if self.split is None else self.split[keep],
        )
