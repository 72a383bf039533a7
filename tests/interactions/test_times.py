"""Times of any notation: exact, in order, or refused with the cell."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interactions.small_log import read, refused

MOMENTS = st.datetimes(
    min_value=pd.Timestamp("1990-01-01").to_pydatetime(),
    max_value=pd.Timestamp("2100-01-01").to_pydatetime(),
)
NOTATIONS = [
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%dT%H:%M:%S.%f+00:00",
    "%Y-%m-%d %H:%M:%S.%f UTC",
]
COARSE = [
    "%Y/%m/%d %H:%M:%S",
    "%a %b %d %H:%M:%S +0000 %Y",
    "%d.%m.%Y %H:%M:%S",
    "%b %d, %Y %H:%M:%S",
]


def log(path: Path, times: list[object], name: str = "time") -> Path:
    rows = [f'1,{n},"{time}"\n' for n, time in enumerate(times)]
    path.write_text(f"user,item,{name}\n" + "".join(rows))
    return path


def order_of(path: Path, **values: object) -> list[int]:
    found = read(path, **values)
    assert found.timed
    frame = found.frame.sort_values("timestamp", kind="stable")
    return [int(found.items[item]) for item in frame["item"]]


@pytest.mark.parametrize("notation", NOTATIONS)
@settings(max_examples=15, deadline=None)
@given(moments=st.lists(MOMENTS, min_size=3, max_size=6))
def test_dates_to_the_microsecond(notation, moments, tmp_path_factory):
    path = tmp_path_factory.mktemp("set") / "a.csv"
    wanted = np.argsort(np.array(moments, "datetime64[us]"), kind="stable").tolist()
    assert order_of(log(path, [moment.strftime(notation) for moment in moments])) == wanted


@pytest.mark.parametrize("notation", COARSE)
@settings(max_examples=15, deadline=None)
@given(moments=st.lists(MOMENTS, min_size=3, max_size=6))
def test_dates_to_the_second(notation, moments, tmp_path_factory):
    path = tmp_path_factory.mktemp("set") / "a.csv"
    whole = [moment.replace(microsecond=0) for moment in moments]
    wanted = np.argsort(np.array(whole, "datetime64[s]"), kind="stable").tolist()
    assert order_of(log(path, [moment.strftime(notation) for moment in whole])) == wanted


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_numbers_of_any_unit_stay_whole(unit, tmp_path):
    start = 1_700_000_000 * unit
    found = read(log(tmp_path / "a.csv", [start + 2, start + 1, start]))
    assert found.frame["timestamp"].tolist() == [start + 2, start + 1, start]
    assert found.frame["timestamp"].dtype == np.int64
    frame = pd.DataFrame({"user": 1, "item": range(3), "time": [start + 2, start + 1, start]})
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    assert read(tmp_path / "a.jsonl").frame["timestamp"].tolist() == [start + 2, start + 1, start]


def test_fractions_stay_and_whole_floats_become_whole(tmp_path):
    assert read(log(tmp_path / "a.csv", [1.5, 0.25, 3])).frame["timestamp"].tolist() == [
        1.5,
        0.25,
        3,
    ]
    found = read(log(tmp_path / "b.csv", ["3.0", "2.0", "1e0"])).frame["timestamp"]
    assert found.tolist() == [3, 2, 1] and found.dtype == np.int64


def test_a_zone_is_applied(tmp_path):
    times = [f"2020-01-01T0{9 - n}:00:00+0{8 - 2 * n}:00" for n in range(4)]  # 1, 2, 3, 4 in UTC
    assert order_of(log(tmp_path / "a.csv", times)) == [0, 1, 2, 3]


def test_nanoseconds_of_parquet(tmp_path):
    times = pd.to_datetime([1_700_000_000_000_000_002, 1_700_000_000_000_000_001, 5], unit="ns")
    pd.DataFrame({"user": 1, "item": range(3), "time": times}).to_parquet(tmp_path / "a.parquet")
    assert order_of(tmp_path / "a.parquet") == [2, 1, 0]


@pytest.mark.parametrize(
    "name", ["Timestamp", "DATE", "event_time", "createdAt", "played-at", "ts", "t_dat"]
)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "inter"])
def test_names_of_the_time_in_any_case(name, form, tmp_path, capsys):
    frame = pd.DataFrame({"user_id": 1, "item_id": range(3), name: [3, 2, 1]})
    path = tmp_path / f"a.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif form == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(
            path, index=False, sep="\t", header=["user_id:token", "item_id:token", f"{name}:float"]
        )
    assert order_of(path) == [2, 1, 0] and capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (
            ["2020-01-01", "2020-01-02", "soon"],
            ":4: column 'time': expected a date like the others",
        ),
        (["5", "6", "2020-01-02"], ":4: column 'time': expected a number, got '2020-01-02'"),
        (["2020-01-01", "2020-02-30", "2020-01-02"], ":3: column 'time': expected a date like the"),
        (["2020-01-01", "", "2020-01-02"], ":3: column 'time': expected a date like the others"),
        (["10:00", "11:00", "12:00"], ":2: column 'time': expected a number or a date such as"),
        (["01/02/2020", "02/01/2020", "03/04/2020"], "day or month first? write dates as YYYY-MM"),
        (["2020-01-01T00:00:00Z", "2020-01-01T00:00:00", "2020-01-01T00:00:00"], "have a zone"),
        (
            [1_700_000_000, 1_700_000_001_000, 1_700_000_002],
            ":3: column 'time': expected a time in",
        ),
        (["99999999999999999999", "1", "2"], "column 'time': expected a number below 2^63"),
    ],
)
def test_a_time_that_is_none_or_two(times, message, tmp_path):
    assert message.replace("99", "99") in refused(log(tmp_path / "a.csv", times))


def test_a_month_and_a_day_that_only_one_order_fits(tmp_path):
    assert order_of(log(tmp_path / "a.csv", ["12/31/2020", "01/02/2020", "03/01/2020"])) == [
        1,
        2,
        0,
    ]
    assert order_of(log(tmp_path / "b.csv", ["31/12/2020", "01/02/2020", "03/01/2020"])) == [
        2,
        1,
        0,
    ]


def test_two_columns_of_times(tmp_path, capsys):
    rows = [json.dumps({"user": 1, "item": n, "date": n, "timestamp": -n}) for n in range(3)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    assert order_of(tmp_path / "a.jsonl") == [2, 1, 0]
    message = "'timestamp' is read as the time, not 'date'; --time_column date says otherwise"
    assert message in capsys.readouterr().err
    assert order_of(tmp_path / "a.jsonl", time_column="date") == [0, 1, 2]


def test_a_column_that_may_be_the_time_is_not_neglected(tmp_path):
    path = log(tmp_path / "a.csv", ["2020-01-02", "2020-01-01", "2020-01-03"], "release_date")
    assert ":1: 'release_date' may be the time; name it with --time_column, or say" in refused(path)
    assert order_of(path, time_column="release_date") == [1, 0, 2]
    assert not read(path, order="file").timed


def test_without_times_the_order_of_the_file_is_said(tmp_path, capsys):
    path = log(tmp_path / "a.csv", ["x", "y", "z"], "color")
    found = read(path)
    assert not found.timed and found.frame["timestamp"].tolist() == [0, 1, 2]
    assert capsys.readouterr().err == (
        f"{path}: no column of times (unused: 'color'): the order of the file counts; --order file"
        " says that this is meant, --time_column names one\n"
    )
    read(path, order="file")
    assert capsys.readouterr().err == ""


def test_ties_cannot_be_drawn_without_times(tmp_path):
    path = log(tmp_path / "a.csv", ["x", "y", "z"], "color")
    assert "without times no event ties with another" in refused(path, order="random:3")
    (tmp_path / "pairs.txt").write_text("1 2\n1 3\n1 4\n")
    assert "without times no event ties with another" in refused(
        tmp_path / "pairs.txt", order="random:3"
    )


def test_the_order_of_the_file_may_be_meant_though_there_are_times(tmp_path):
    found = read(log(tmp_path / "a.csv", [3, 2, 1]), order="file")
    assert not found.timed and found.frame["timestamp"].tolist() == [0, 1, 2]
    assert "time" in found.unused


def test_times_of_zero_beside_dates_are_told(tmp_path, capsys):
    assert order_of(log(tmp_path / "a.csv", [1_700_000_000, 0, 1_600_000_000])) == [1, 2, 0]
    assert "column 'time': 1 of 3 times are 0 or less; their events come first\n" in (
        capsys.readouterr().err
    )
