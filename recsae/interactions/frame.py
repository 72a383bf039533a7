"""The one type that every reader returns."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.attributes import COLUMNS

TRAIN, DEV, TEST = SPLITS = (0, 1, 2)
SPLIT_NAMES = ("train", "dev", "test")
DTYPES: Final = {
    "user": ("int32",),
    "item": ("int32",),
    "timestamp": ("int64", "float64"),
    "split": ("int8",),
}


@dataclass(frozen=True, eq=False)
class Interactions:
    """Events in the order of their file, with the original ids; checked when it is made.

    `frame` has the columns user, item (codes 0 … n-1, each of which occurs), timestamp (int64, or
    float64 if the file has fractions; a running number if the order of the file counts) and, only
    if the set came with a split, split (0 train, 1 dev, 2 test). Raises RecsaeError if a user's
    split is not in order of time.
    """

    name: str
    frame: pd.DataFrame
    users: NDArray[Any]
    """Original id of each user code: int64, or text of fixed width."""
    items: NDArray[Any]
    """Original id of each item code."""
    attributes: pd.DataFrame | None = None
    """Columns item (int32 code), attribute, value (text), sorted by them; None if none is known."""
    tag_names: dict[str, str] | None = None
    """The attributes that group items, with the names of their tags (see attributes.tags)."""
    filtered: str = "as shipped"
    """What was dropped and by which filter, in a phrase."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Reason in words → number of events that were dropped for it."""
    timed: bool = True
    """Whether the times order it; if not, its order is the order of the file."""
    columns: dict[str, str] = field(default_factory=dict)
    """Role (user, item, time, rating, label) → the column of the file that has it."""
    unused: tuple[str, ...] = ()
    """The columns of the file that nothing was read from."""

    def __post_init__(self) -> None:
        names = list(DTYPES)[: 4 if self.has_split else 3]
        assert [*self.frame.columns] == names, f"columns {[*self.frame.columns]}"
        assert all(self.frame[name].dtype in DTYPES[name] for name in names), "dtypes"
        assert np.isfinite(self.frame["timestamp"]).all(), "a timestamp is not finite"
        _check_codes(self.frame["user"].to_numpy(), self.users)
        _check_codes(self.frame["item"].to_numpy(), self.items)
        if self.attributes is not None:
            _check_attributes(self.attributes, self.n_items)
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


def _check_attributes(attributes: pd.DataFrame, n_items: int) -> None:
    assert [*attributes.columns] == COLUMNS, f"columns {[*attributes.columns]}"
    item = attributes["item"]
    assert item.dtype == np.int32 and item.between(0, n_items - 1).all(), "an item out of range"
    assert item.is_monotonic_increasing and len(item), "attributes out of order"


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
