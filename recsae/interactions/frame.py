"""The one type that every reader returns."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsae.errors import RecsaeError

TRAIN, DEV, TEST = SPLITS = (0, 1, 2)
SPLIT_NAMES = ("train", "dev", "test")
DTYPES: Final = {"user": "int32", "item": "int32", "timestamp": "float64", "split": "int8"}


@dataclass(frozen=True, eq=False)
class Interactions:
    """Events in the order of their file, with the original ids; checked when it is made.

    `frame` has the columns user, item (codes 0 … n-1, each of which occurs), timestamp (finite; a
    running number if the log gives an order but no times) and, only if the set came with a split,
    split (0 train, 1 dev, 2 test). Raises RecsaeError if a user's split is not in order of time.
    """

    name: str
    frame: pd.DataFrame
    users: NDArray[Any]
    """Original id of each user code: int64, or text of fixed width."""
    items: NDArray[Any]
    """Original id of each item code."""
    item_attributes: pd.DataFrame | None = None
    """A bool column a tag, a row an item code; nothing if the set has none."""
    filtered: str = "as shipped"
    """What was dropped, in a phrase."""
    timed: bool = True
    """Whether the log has times; if not, its order is the order of the file."""

    def __post_init__(self) -> None:
        names = list(DTYPES)[: 4 if self.has_split else 3]
        assert [*self.frame.columns] == names, f"columns {[*self.frame.columns]}"
        assert all(self.frame[name].dtype == DTYPES[name] for name in names), "dtypes"
        assert np.isfinite(self.frame["timestamp"]).all(), "a timestamp is not finite"
        _check_codes(self.frame["user"].to_numpy(), self.users)
        _check_codes(self.frame["item"].to_numpy(), self.items)
        if self.item_attributes is not None:
            assert self.item_attributes.index.equals(pd.RangeIndex(self.n_items)), "attributes"
            assert self.item_attributes.to_numpy().dtype == np.bool_, "attributes that are no tags"
        if self.has_split:
            _check_split(self)

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items, all of which occur."""
        return len(self.items)

    @property
    def n_events(self) -> int:
        """Number of events over all splits."""
        return len(self.frame)

    @property
    def has_split(self) -> bool:
        """Whether the set came with its own train, dev and test."""
        return "split" in self.frame


def _check_codes(codes: NDArray[np.int32], ids: NDArray[Any]) -> None:
    assert len(codes) and codes.min() >= 0 and codes.max() < len(ids), "a code out of range"
    assert np.bincount(codes, minlength=len(ids)).all(), "an id without an event"
    assert ids.dtype.kind in "iU" and len(np.unique(ids)) == len(ids), "ids not plain and unique"
    ids.setflags(write=False)


def _check_split(interactions: Interactions) -> None:
    """A target that has a user's training events after it would be predicted from its future."""
    frame = interactions.frame
    assert frame["split"].isin(SPLITS).all(), "unknown split"
    user, split = frame["user"].to_numpy(), frame["split"].to_numpy()
    order = np.lexsort((frame["timestamp"].to_numpy(), user))  # stable: ties as in the file
    user, split = user[order], split[order]
    wrong = np.flatnonzero((user[1:] == user[:-1]) & (split[1:] < split[:-1]))
    if wrong.size:
        before, after = (SPLIT_NAMES[split[wrong[0] + step]] for step in (0, 1))
        raise RecsaeError(
            f"{interactions.name}: user {interactions.users[user[wrong[0]]]}: a {after} event comes"
            f" after a {before} event in time; expected train, then dev, then test"
        )
