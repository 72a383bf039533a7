"""Broken input: one plain line with the file, the line and the column."""

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interactions.readers.forms import FORMS

from recsae.errors import RecsaeError
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings

SOME = pd.DataFrame(
    {"user": [1, 1, 1, 2, 2, 2, 2], "item": [5, 6, 7, 5, 8, 9, 6], "time": [3, 4, 5, 6, 7, 8, 9]}
)


def write(form: str, folder: Path) -> Path:
    return FORMS[form].put(folder, [*SOME.astype(str).itertuples(index=False)])


def message(dataset: Path, **values) -> str:
    with pytest.raises(RecsaeError) as caught:
        load(DataSettings(dataset=str(dataset), **values))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("part", ["train", "dev", "test"])
def test_each_file_of_a_rechorus_folder_counts_its_own_lines(part, tmp_path):
    write("rechorus", tmp_path)
    lines = (tmp_path / f"{part}.csv").read_text().splitlines()
    lines[2] = "2\t5\tsoon"
    (tmp_path / f"{part}.csv").write_text("\n".join(lines))
    assert message(tmp_path) == (
        f"{tmp_path}/{part}.csv:3: column 'time': expected a number, got 'soon'"
    )


@settings(max_examples=20, deadline=None)
@given(line=st.integers(1, 5), place=st.integers(0, 3), cell=st.sampled_from(["abc", "1.5", "-2"]))
def test_a_cell_of_s3rec_text(line, place, cell, tmp_path_factory):
    rows = [
        ["1", "2", "3", "4"],
        ["2", "5", "6", "7"],
        [],
        ["3", "5", "6", "7"],
        ["4", "1", "2", "3"],
    ]
    line = line if rows[line - 1] else line + 1  # the third line is blank
    rows[line - 1][place] = cell
    file = tmp_path_factory.mktemp("set") / "set.txt"
    file.write_text("\n".join(map(" ".join, rows)))
    column = "item" if place else "user"
    assert message(file, format="s3rec") == (
        f"{file}:{line}: column {column!r}: expected a whole number, got {cell!r}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2 3 4\n2 5 6 7\n1 8 9 2\n", ":3: user 1 already has line 1; expected one line a user"),
        ("1 2 3 4\n\n7\n", ":3: expected a user and items, got one number"),
    ],
)
def test_a_line_of_s3rec_text(text, expected, tmp_path):
    (tmp_path / "set.txt").write_text(text)
    assert message(tmp_path / "set.txt", format="s3rec") == f"{tmp_path}/set.txt{expected}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user,item,time\n1,2,3\n\n1,2\n", ":4: expected 3 columns, got 2"),
        ("user,item,time\n1,2,3\n1,2,3,4\n", ":3: expected 3 columns, got 4"),
        (
            'user,item,note\n1,2,"a\nb"\n1,2,"c"\n,3,d\n',
            ":5: column 'user': expected an id, got nothing",
        ),
        (
            "usr,item\n1,2\n",
            ":1: no column user or user_id among 'usr', 'item'; name it with user_column ('usr'?)",
        ),
        (
            "user,itm\n1,2\n",
            ":1: no column item or item_id among 'user', 'itm'; name it with item_column ('itm'?)",
        ),
        ("user,item,item\n1,1,2\n", ":1: two columns are called 'item'"),
    ],
)
def test_a_csv_file(text, expected, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    assert message(tmp_path / "a.csv") == f"{tmp_path}/a.csv{expected}"


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("user", [1, None, 3], "row 2: column 'user': expected an id, got nothing"),
        ("item", ["a", "b", ""], "row 3: column 'item': expected an id, got nothing"),
        ("time", [1.0, float("inf"), 2.0], "row 2: column 'time': expected a number, got inf"),
        ("time", [1.0, None, 2.0], "row 2: column 'time': expected a number, got nothing"),
        ("time", ["1", "x", "2"], "row 2: column 'time': expected a number, got 'x'"),
        ("time", [[1], [2], [3]], "column 'time': expected numbers or dates, got list"),
        ("user", [0.5, 1.0, 2.0], "column 'user': expected text or whole numbers, got double"),
        ("item", [True, False, True], "column 'item': expected text or whole numbers, got bool"),
    ],
)
def test_a_parquet_file(column, values, expected, tmp_path):
    events = SOME.iloc[:3].assign(**{column: pd.Series(values)})
    events.to_parquet(tmp_path / "a.parquet")
    assert message(tmp_path).startswith(f"{tmp_path}/a.parquet: {expected}")


def test_a_cut_parquet_file(tmp_path):
    SOME.to_parquet(tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[: len(data) // 2])
    assert (
        message(tmp_path / "a.parquet")
        == f"{tmp_path}/a.parquet: not a parquet file, or a broken one"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{\n3: [1]}", ":2: not JSON: Expecting property name enclosed in double quotes"),
        ("[1, 2]", ": expected {item: [attribute, …]}, got list"),
        ('{"3": 5}', ": item '3': expected a list, got 5"),
    ],
)
def test_broken_attributes_of_s3rec_stop_no_log(text, expected, tmp_path, capsys):
    (tmp_path / "set.txt").write_text("1 2 3 4\n")
    (tmp_path / "set_item2attributes.json").write_text(text)
    read = load(DataSettings(dataset=str(tmp_path), format="s3rec"))
    assert read.n_events == 3 and read.attributes is None
    assert capsys.readouterr().err == (
        f"{tmp_path}/set_item2attributes.json{expected}; the items are read without it\n"
    )


def test_items_without_their_id_stop_no_log(tmp_path, capsys):
    write("recbole", tmp_path)
    (tmp_path / "log.item").write_text("movie:token\tclass:token\n5\tWar\n")
    assert load(DataSettings(dataset=str(tmp_path))).n_events == 7
    assert capsys.readouterr().err == (
        f"{tmp_path}/log.item:1: no column 'item' among movie, class;"
        " the items are read without it\n"
    )


def test_named_columns_mean_nothing_in_s3rec_text(tmp_path):
    (tmp_path / "set.txt").write_text("1 2 3 4\n")
    found = message(tmp_path, item_column="movie")
    assert re.search(
        r"set.txt: text of numbers has no named columns; leave out item_column$", found
    )


def test_an_untyped_header_named_recbole(tmp_path):
    (tmp_path / "a.csv").write_text("user,item\n1,2\n")
    assert message(tmp_path / "a.csv", format="recbole") == (
        f"{tmp_path}/a.csv:1: expected typed names such as user_id:token, got user,item"
    )


@pytest.mark.parametrize("text", ["", "user,item,time\n"])
def test_no_event_at_all(text, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    assert message(tmp_path / "a.csv", format="csv").startswith(
        "a: no events in it" if text else f"{tmp_path}/a.csv: expected columns parted by"
    )


@pytest.mark.parametrize("form", ["recbole", "csv", "windows.tsv", "parquet", "rechorus", "s3rec"])
def test_any_damage_is_read_or_told_in_one_line(form, tmp_path_factory):
    @settings(max_examples=60, deadline=None)
    @given(
        place=st.floats(0, 1),
        removed=st.integers(0, 5),
        put=st.one_of(
            st.binary(max_size=4), st.sampled_from([b"\n", b"\t", b'"', b",", b" ", b"-"])
        ),
    )
    def check(place, removed, put):
        folder = tmp_path_factory.mktemp("set")
        path = write(form, folder)
        file = max(folder.iterdir(), key=lambda one: one.stat().st_size)
        data = file.read_bytes()
        start = int(place * len(data))
        file.write_bytes(data[:start] + put + data[start + removed :])
        try:
            assert load(DataSettings(dataset=str(path))).n_events <= len(SOME) + 4
        except RecsaeError as error:
            assert "\n" not in str(error)

    check()
