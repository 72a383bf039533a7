"""What is dropped, and that it is counted; small tables worked out by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recsae.errors import RecsaeError
from recsae.interactions.datasets import load
from recsae.interactions.filters import finish
from recsae.interactions.log import Coded, Log
from recsae.interactions.settings import DataSettings


def log(rows: list[tuple[int, ...]]) -> Log:
    """Make a log of rows (user, item, time) or (user, item, time, split)."""
    user, item, time, *split = np.array(rows).T
    users, user_codes = np.unique(user, return_inverse=True)
    items, item_codes = np.unique(item, return_inverse=True)
    return Log(
        Coded(user_codes.astype(np.int32), users),
        Coded(item_codes.astype(np.int32), items),
        time.astype(np.float64),
        split[0].astype(np.int8) if split else None,
    )


def finished(rows, **values):
    return finish("set", log(rows), DataSettings(**values))


def test_duplicates_and_short_users_are_dropped_and_counted(capsys):
    rows = [(1, 10, 1), (1, 10, 1), (1, 11, 2), (1, 10, 3), (2, 12, 1), (2, 10, 2), (1, 10, 1)]
    found = finished(rows)
    assert found.filtered == (
        "dropped 2 exact duplicates, 1 user with < 3 events, 1 item that only they had"
        " (4 events of 7)"
    )
    assert capsys.readouterr().err == f"set: {found.filtered}\n"
    assert found.users.tolist() == [1] and found.items.tolist() == [10, 11]
    assert found.frame["timestamp"].tolist() == [1, 2, 3]


def test_nothing_is_said_when_nothing_is_dropped(capsys):
    assert finished([(1, 10, 1), (1, 11, 1), (1, 12, 1)]).filtered == "as shipped"
    assert capsys.readouterr().err == ""


def test_a_duplicate_can_leave_a_user_too_short():
    rows = [(1, 10, 1), (1, 10, 1), (1, 11, 2), (2, 10, 1), (2, 11, 2), (2, 12, 3)]
    assert finished(rows).filtered == (
        "dropped 1 exact duplicate, 1 user with < 3 events (3 events of 6)"
    )


def test_the_core_is_taken_until_it_stands_still():
    # item 9 is rare; without it user 3 is short; without user 3 item 8 is rare; user 1 stays
    rows = [(1, 7, 1), (1, 7, 2), (1, 7, 3), (2, 7, 1), (2, 8, 2), (2, 7, 3), (2, 7, 4)]
    rows += [(3, 8, 1), (3, 9, 2), (3, 7, 3)]
    found = finished(rows, min_item=2)
    assert found.users.tolist() == [1, 2] and found.items.tolist() == [7]
    assert found.filtered == (
        "dropped 1 user with < 3 events, 2 items with < 2 events (4 events of 10)"
    )


def test_nothing_left_is_an_error():
    with pytest.raises(RecsaeError, match=r"^set: nothing is left: dropped 1 user with < 9 events"):
        finished([(1, 10, 1), (1, 11, 2), (1, 12, 3)], min_user=9)


def test_a_given_split_keeps_short_users():
    rows = [(1, 10, 1, 0), (1, 11, 2, 2), (2, 11, 1, 0)]
    found = finished(rows)
    assert found.filtered == "as shipped" and found.frame["split"].tolist() == [0, 2, 0]


def test_the_same_event_in_two_splits_is_no_duplicate():
    rows = [(1, 10, 1, 0), (1, 10, 1, 0), (1, 10, 1, 1), (1, 11, 2, 2)]
    found = finished(rows)
    assert found.filtered == "dropped 1 exact duplicate (1 event of 4)"
    assert found.frame["split"].tolist() == [0, 1, 2]


def test_a_target_without_anything_before_it_is_dropped():
    rows = [(1, 10, 1, 0), (1, 11, 2, 2), (2, 12, 1, 2)]
    assert finished(rows).filtered == (
        "dropped 1 user with no training event, 1 item that only they had (1 event of 3)"
    )


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=80),
    least=st.tuples(st.integers(0, 6), st.integers(0, 6)),
)
def test_laws_of_the_core(rows, least):
    min_user, min_item = least
    distinct = set(rows)
    core = set(distinct)
    while True:  # the plain definition
        users = [sum(row[0] == user for row in core) for user in range(7)]
        items = [sum(row[1] == item for row in core) for item in range(7)]
        kept = {r for r in core if users[r[0]] >= max(3, min_user) and items[r[1]] >= min_item}
        if kept == core:
            break
        core = kept
    if not core:
        with pytest.raises(RecsaeError, match="nothing is left"):
            finished(rows, min_user=min_user, min_item=min_item)
        return
    found = finished(rows, min_user=min_user, min_item=min_item)
    back = pd.DataFrame(
        {
            "user": found.users[found.frame["user"]],
            "item": found.items[found.frame["item"]],
            "time": found.frame["timestamp"].astype(int),
        }
    )
    expected = [row for row in dict.fromkeys(rows) if row in core]
    assert list(back.itertuples(index=False, name=None)) == expected


def test_filters_are_asked_for_by_the_settings(tmp_path: Path):
    (tmp_path / "a.csv").write_text("user,item\n" + "1,1\n" * 3 + "2,1\n2,1\n2,2\n2,1\n")
    found = load(DataSettings(dataset=str(tmp_path), min_user=3, min_item=2))
    assert found.name == tmp_path.name and found.items.tolist() == [1] and found.n_users == 2
