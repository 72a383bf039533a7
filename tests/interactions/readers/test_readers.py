"""Reading: what was written comes back, in every format."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interactions.readers.forms import FORMS

from recsae.interactions.attributes import tags
from recsae.interactions.datasets import load
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings

GAPS = (
    *("null", "nan", "none", "na", "n/a", "#n/a", "nat", "nil", "<na>", r"\n"),
    *("user", "item"),  # a line of names among the rows
)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Nd")),
    min_size=1,
    max_size=5,
).filter(lambda word: word.lower() not in GAPS)
NUMBERS = st.integers(1, 10**6)


def logs(ids: st.SearchStrategy, least: int = 3) -> st.SearchStrategy[pd.DataFrame]:
    """Draw frames of distinct events, at least `least` a user, in any order."""
    event = st.tuples(ids, st.integers(0, 99))  # few times, so that many tie
    user_events = st.lists(event, min_size=least, max_size=least + 3, unique=True)
    users = st.dictionaries(ids, user_events, min_size=1, max_size=5)
    rows = users.map(lambda found: [(u, i, t) for u, events in found.items() for i, t in events])
    return rows.flatmap(st.permutations).map(
        lambda shuffled: pd.DataFrame(shuffled, columns=["user", "item", "time"])
    )


def events_of(interactions: Interactions) -> pd.DataFrame:
    frame = interactions.frame
    return pd.DataFrame(
        {
            "user": interactions.users[frame["user"]].astype(str),
            "item": interactions.items[frame["item"]].astype(str),
            "time": frame["timestamp"].astype(np.int64),
        }
    )


def tags_of(path: Path) -> pd.DataFrame | None:
    read = load(DataSettings(dataset=str(path)))
    assert read.attributes is not None
    return tags(read.attributes, read.n_items, read.tag_names)


def put(form: str, folders: pytest.TempPathFactory, events: pd.DataFrame) -> Path:
    return FORMS[form].put(folders.mktemp("set"), [*events.astype(str).itertuples(index=False)])


def as_text(events: pd.DataFrame) -> pd.DataFrame:
    return events.astype({"user": str, "item": str, "time": np.int64}).reset_index(drop=True)


@pytest.mark.parametrize("ids", [WORDS, NUMBERS], ids=["words", "numbers"])
@pytest.mark.parametrize("form", ["recbole", "quoted.csv", "windows.tsv", "parquet"])
def test_events_come_back_in_the_order_of_the_file(form, ids, tmp_path_factory):
    @settings(max_examples=30, deadline=None)
    @given(logs(ids))
    def check(events):
        path = put(form, tmp_path_factory, events)
        read = load(DataSettings(dataset=str(path)))
        pd.testing.assert_frame_equal(events_of(read), as_text(events), check_dtype=False)
        assert read.timed and not read.has_split and read.filtered == "as shipped"

    check()


@settings(max_examples=30, deadline=None)
@given(events=logs(NUMBERS))
def test_a_rechorus_folder_keeps_its_split(events, tmp_path_factory):
    path = put("rechorus", tmp_path_factory, events)
    read = load(DataSettings(dataset=str(path)))
    by_time = as_text(events).sort_values(["time"], kind="stable")
    back = events_of(read).assign(split=read.frame["split"])
    for user, mine in back.groupby("user"):
        assert mine["split"].tolist() == [0] * (len(mine) - 2) + [1, 2]
        assert mine["item"].tolist() == by_time.loc[by_time["user"] == user, "item"].tolist()
    assert len(back) == len(events)


@settings(max_examples=30, deadline=None)
@given(events=logs(NUMBERS))
def test_s3rec_text_keeps_the_order_of_each_user(events, tmp_path_factory):
    path = put("s3rec", tmp_path_factory, events)
    read = load(DataSettings(dataset=str(path)))
    by_time = as_text(events).sort_values(["time"], kind="stable").groupby("user")["item"]
    back = events_of(read).groupby("user")["item"]
    assert back.apply(list).to_dict() == by_time.apply(list).to_dict()
    assert not read.timed and read.frame["timestamp"].is_monotonic_increasing


def test_whole_numbers_are_ordered_as_numbers_and_text_as_text(tmp_path: Path):
    (tmp_path / "a.csv").write_text("user,item\n10,x10\n10,x9\n10,a\n9,a\n9,a\n9,é\n")
    read = load(DataSettings(dataset=str(tmp_path)))
    assert read.users.tolist() == [9, 10] and read.users.dtype == np.int64
    assert read.items.tolist() == ["a", "x10", "x9", "é"]
    assert read.frame["user"].tolist() == [1, 1, 1, 0, 0, 0]
    assert read.frame["item"].tolist() == [1, 2, 0, 0, 0, 3]
    assert read.frame["timestamp"].tolist() == [0, 1, 2, 3, 4, 5]


def test_an_id_with_a_leading_zero_is_another_id(tmp_path: Path):
    (tmp_path / "a.csv").write_text(
        "user,item,time\n7,1,1\n7,2,2\n7,3,3\n007,1,1\n007,2,2\n007,3,3\n"
    )
    assert load(DataSettings(dataset=str(tmp_path))).users.tolist() == ["007", "7"]


def test_a_quoted_cell_may_hold_commas_quotes_and_line_ends(tmp_path: Path):
    rows = 'user,title,item,time\n1,"a, ""b""\nc",5,1.5\n1,plain,6,2\n1,,7,1e1\n'
    (tmp_path / "a.csv").write_text(rows)
    read = load(DataSettings(dataset=str(tmp_path)))
    assert read.items.tolist() == [5, 6, 7]
    assert read.frame["timestamp"].tolist() == [1.5, 2, 10]


def test_a_quote_in_recbole_is_a_letter_like_any_other(tmp_path: Path):
    rows = 'user_id:token\titem_id:token\tnote:token\n1\t"a\tx\n1\tb\t"y\n1\tc\tz\n'
    (tmp_path / "a.inter").write_text(rows)
    assert load(DataSettings(dataset=str(tmp_path))).items.tolist() == ['"a', "b", "c"]


def test_dates_and_gapped_numbers_of_parquet(tmp_path: Path):
    times = pd.to_datetime(["1970-01-02", "1970-01-01 00:00:01.5", "1970-01-03"], format="ISO8601")
    events = pd.DataFrame({"user": [1.0, 1.0, 1.0], "item": list("abc"), "time": times})
    events.astype({"item": "category"}).to_parquet(tmp_path / "a.parquet")
    read = load(DataSettings(dataset=str(tmp_path)))
    assert read.frame["timestamp"].tolist() == [86_400_000, 1_500, 172_800_000]
    assert read.users.tolist() == [1] and read.items.tolist() == ["a", "b", "c"]


def test_columns_of_other_names(tmp_path: Path):
    (tmp_path / "a.csv").write_text("who;what;when;user\nu;x;3;-\nu;y;2;-\nu;z;1;-\n")
    chosen = DataSettings(
        dataset=str(tmp_path / "a.csv"), user_column="who", item_column="what", time_column="when"
    )
    read = load(chosen)
    assert read.users.tolist() == ["u"] and read.frame["timestamp"].tolist() == [3, 2, 1]


def test_tags_of_recbole_items(tmp_path: Path):
    (tmp_path / "a.inter").write_text(
        "user_id:token\titem_id:token\n" + "".join(f"1\t{item}\n" for item in (10, 20, 30))
    )
    (tmp_path / "a.item").write_text(
        "item_id:token\tclass:token_seq\tprice:float\tkind:token\n"
        "20\tComedy War\t1\t\n10\tComedy\t2\tHome video\n99\tSilent\t3\t\n30\t\t4\t\n"
    )
    found = tags_of(tmp_path)
    assert found is not None and found.columns.tolist() == [
        "class=Comedy",
        "class=War",
        "kind=Home video",
    ]
    assert found.to_numpy().tolist() == [[True, False, True], [True, True, False], [False] * 3]


def test_a_column_like_a_title_makes_no_tags(tmp_path: Path):
    items = range(600)
    (tmp_path / "a.inter").write_text(
        "user_id:token\titem_id:token\n" + "".join(f"1\t{item}\n" for item in items)
    )
    (tmp_path / "a.item").write_text(
        "item_id:token\ttitle:token_seq\n" + "".join(f"{item}\tword{item}\n" for item in items)
    )
    assert tags_of(tmp_path) is None


def test_tags_of_rechorus_items(tmp_path: Path):
    for part, item in (("train", 1), ("dev", 2), ("test", 3)):
        (tmp_path / f"{part}.csv").write_text(f"user_id\titem_id\ttime\n4\t{item}\t{item}\n")
    (tmp_path / "item_meta.csv").write_text(
        "item_id\ti_category\tr_complement\n1\t5\t[2, 3]\n2\t7\t[]\n3\t5\t[]\n"
    )
    found = tags_of(tmp_path)
    assert found is not None and found.columns.tolist() == ["i_category=5", "i_category=7"]
    assert found.to_numpy().tolist() == [[True, False], [False, True], [True, False]]


def test_tags_of_s3rec_items(tmp_path: Path):
    (tmp_path / "set.txt").write_text("1 3 1 2\n")
    (tmp_path / "set_item2attributes.json").write_text('{"3": [8, 9], "1": [9], "77": [1]}')
    found = tags_of(tmp_path)
    assert found is not None and found.columns.tolist() == ["attribute=8", "attribute=9"]
    assert found.to_numpy().tolist() == [[False, True], [False, False], [True, True]]
