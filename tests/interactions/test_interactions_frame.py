"""What every Interactions promises, and the one mistake of a split that a user can make."""

from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from recsae.errors import RecsaeError
from recsae.interactions.frame import DTYPES, Interactions


def frame(user, item, timestamp, split=None) -> pd.DataFrame:
    columns = {"user": user, "item": item, "timestamp": timestamp}
    if split is not None:
        columns["split"] = split
    return pd.DataFrame(columns).astype({name: DTYPES[name][-1] for name in columns})


def made(user, item, timestamp, split=None, **others) -> Interactions:
    users, items = np.unique(user), np.unique(item)
    defaults = {"users": users + 100, "items": items + 10}
    return Interactions("set", frame(user, item, timestamp, split), **(defaults | others))


def test_counts():
    some = made([0, 0, 1], [2, 0, 1], [1, 2, 3])
    assert (some.n_users, some.n_items, some.n_events) == (2, 3, 3)
    assert not some.has_split and some.filtered == "as shipped"


def test_it_cannot_be_changed():
    some = made([0], [0], [1])
    with pytest.raises(FrozenInstanceError):
        some.name = "other"
    with pytest.raises(ValueError, match="read-only"):
        some.users[0] = 5


def known(items: list[int]) -> pd.DataFrame:
    attributes = pd.DataFrame({"item": items, "attribute": "genre", "value": "War"})
    return attributes.astype({"item": "int32"})


@pytest.mark.parametrize(
    "others",
    [
        {"users": np.array([1, 2, 3])},  # an id without an event
        {"users": np.array([1])},  # a code without an id
        {"items": np.array([7, 7])},  # two codes with one id
        {"items": np.array(["a", "b"], dtype=object)},
        {"attributes": pd.DataFrame({"item": [0], "attribute": ["genre"]})},  # no value
        {"attributes": known([2])},  # an item that is not there
        {"attributes": known([1, 0])},  # out of order
    ],
)
def test_codes_ids_and_tags_fit_together(others):
    with pytest.raises(AssertionError):
        made([0, 1], [0, 1], [1, 2], **others)


@pytest.mark.parametrize("timestamp", [np.nan, np.inf])
def test_times_are_finite(timestamp):
    with pytest.raises(AssertionError):
        made([0, 0], [0, 1], [1, timestamp])


def test_columns_are_as_declared():
    with pytest.raises(AssertionError):
        Interactions(
            "set", frame([0], [0], [1])[["item", "user", "timestamp"]], *[np.array([1])] * 2
        )


def test_a_split_in_order_of_time_is_kept():
    # user 1's three events tie in time: then the order of the file counts
    some = made([1, 0, 1, 0, 1], [0, 1, 2, 0, 1], [5, 3, 5, 4, 5], [0, 0, 1, 2, 2])
    assert some.has_split


@pytest.mark.parametrize(
    ("timestamp", "split", "message"),
    [
        ([1, 3, 1, 2], [0, 0, 0, 2], None),
        ([1, 3, 9, 2], [0, 0, 0, 2], "a train event comes after a test event"),
        ([1, 3, 3, 2], [0, 0, 0, 1], "a train event comes after a dev event"),
        ([1, 3, 2, 2], [0, 0, 2, 1], "a dev event comes after a test event"),
    ],
)
def test_a_target_has_no_earlier_split_after_it(timestamp, split, message):
    events = ([0, 0, 1, 1], [0, 1, 0, 1], timestamp, split)
    if message is None:
        assert made(*events).has_split
        return
    with pytest.raises(RecsaeError) as caught:
        made(*events)
    assert str(caught.value) == (
        f"set: user 101: {message} in time; expected train, then dev, then test"
    )
