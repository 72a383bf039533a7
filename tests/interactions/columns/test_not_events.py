"""Rows that are no events, and filters by value: dropped, counted, told."""

import json

import pandas as pd
import pytest
from interactions.small_log import read, refused

ROWS = [(1, item, item, item % 2, 1 + item % 5) for item in range(10)]


def frame(label: str = "label") -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=["user", "item", "time", label, "rating"])


@pytest.mark.parametrize("label", ["label", "Label", "click", "is_click", "IsClick", "clicked"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "truth.jsonl", "inter"])
def test_rows_of_label_0_are_no_events(form, label, tmp_path, capsys):
    path, rows = tmp_path / f"a.{form}", frame(label)
    if form == "csv":
        rows.to_csv(path, index=False)
    elif form == "parquet":
        rows.to_parquet(path)
    elif form == "inter":
        names = [
            "user_id:token",
            "item_id:token",
            "timestamp:float",
            f"{label}:float",
            "rating:float",
        ]
        rows.to_csv(path, index=False, sep="\t", header=names)
    else:
        rows = rows.astype({label: bool}) if form.startswith("truth") else rows
        rows.to_json(path, orient="records", lines=True)
    found = read(path)
    assert found.items.tolist() == [1, 3, 5, 7, 9]
    assert found.dropped == {f"{label} 0": 5}
    assert found.filtered == f"dropped 5 events with {label} 0 (5 events of 10)"
    assert capsys.readouterr().err.endswith(f": {found.filtered}\n")


def test_a_rechorus_folder_with_impressions(tmp_path):
    rows = {
        "train": "1\t1\t1\t1\n1\t2\t2\t1\n1\t3\t3\t0\n",
        "dev": "1\t4\t4\t0\n1\t1\t5\t1\n",
        "test": "1\t3\t6\t0\n1\t2\t7\t1\n",
    }
    for part, text in rows.items():
        (tmp_path / f"{part}.csv").write_text("user_id\titem_id\ttime\tlabel\n" + text)
    found = read(tmp_path)
    assert found.items[found.frame["item"]].tolist() == [1, 2, 1, 2]
    assert found.frame["split"].tolist() == [0, 0, 1, 2] and found.dropped == {"label 0": 3}


def test_a_label_in_words_is_no_label(tmp_path):
    frame().assign(label="sports").to_csv(tmp_path / "a.csv", index=False)
    found = read(tmp_path / "a.csv")
    assert found.n_events == 10 and "label" in found.unused


def test_a_label_that_is_no_number_in_some_row(tmp_path):
    rows = frame().astype({"label": str})
    rows.loc[3, "label"] = "?"
    rows.to_csv(tmp_path / "a.csv", index=False)
    assert refused(tmp_path / "a.csv").endswith(
        "a.csv:5: column 'label': expected a number, 0 if it is no event, got '?'"
    )


def test_a_condition_on_the_label_settles_it(tmp_path):
    frame().to_csv(tmp_path / "a.csv", index=False)
    assert read(tmp_path / "a.csv", where="label >= 0").n_events == 10


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    ("values", "kept", "filtered"),
    [
        ({"min_rating": 4.0}, [3, 4, 8, 9], "rating >= 4; dropped 6 events with rating < 4 (6 "),
        ({"where": "rating == 5"}, [4, 9], None),
        (
            {"where": "rating != 5 and item < 7"},
            [0, 1, 2, 3, 5, 6],
            "rating != 5; item < 7; dropped",
        ),
        (
            {"where": "item in 1, 2,3"},
            [1, 2, 3],
            "item in 1,2,3; dropped 7 events with item not in",
        ),
        ({"where": "item in (1, 2,3)"}, [1, 2, 3], "item in 1,2,3"),
        ({"where": "item in [1, '2', 3]"}, [1, 2, 3], "item in 1,2,3"),
        ({"where": "kind in \"a and b\", 'x, y'"}, [0, 2, 4, 6, 8], "kind in a and b,x, y"),
        ({"where": "rating != 5 AND item < 7"}, [0, 1, 2, 3, 5, 6], "rating != 5; item < 7"),
        ({"where": "item not in 0,1"}, [2, 3, 4, 5, 6, 7, 8, 9], "item not in 0,1; dropped 2"),
        ({"where": "kind == 'a and b'"}, [0, 2, 4, 6, 8], "kind == a and b; dropped 5 events with"),
        ({"where": 'kind != "a and b"', "min_rating": 3}, [3, 7, 9], "rating >= 3; kind != a and"),
        ({"where": "rating >= 0"}, list(range(10)), "rating >= 0"),
    ],
)
def test_filters_by_value(form, values, kept, filtered, tmp_path):
    rows = frame().drop(columns="label").assign(kind=["a and b", "c"] * 5)
    path = tmp_path / f"a.{form}"
    if form == "csv":
        rows.to_csv(path, index=False)
    elif form == "parquet":
        rows.to_parquet(path)
    else:
        rows.to_json(path, orient="records", lines=True)
    if len(kept) < 3:
        assert "nothing is left: rating == 5; dropped 8 events with rating != 5" in refused(
            path, **values
        )
        return
    found = read(path, **values)
    assert found.items.tolist() == kept and found.filtered.startswith(filtered)
    assert sum(found.dropped.values()) == 10 - len(kept)


def test_a_filter_by_date(tmp_path):
    days = pd.date_range("2020-01-01", periods=10)
    frame().drop(columns="label").assign(time=days.strftime("%Y-%m-%d")).to_csv(
        tmp_path / "a.csv", index=False
    )
    assert read(tmp_path / "a.csv", where="time >= 2020-01-05").items.tolist() == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"where": "ratng > 3"}, "where: no column 'ratng' (did you mean 'rating'?)"),
        ({"where": "rating = 3"}, "(did you mean ==?)"),
        ({"where": "rating"}, "where: expected column op value"),
        ({"where": "rating > 3 and"}, "and or or in it stands in quotes; got 'rating > 3 and'"),
        ({"where": "rating != 3 or rating != 4"}, "stands in quotes; got 'rating != 3 or rating"),
        ({"where": "rating >= 3 & item < 7"}, "stands in quotes; got 'rating >= 3 & item < 7'"),
        ({"where": "rating === 3"}, "stands in quotes; got 'rating === 3'"),
        ({"where": "kind == 'a and b"}, 'stands in quotes; got "kind == \'a"'),
        ({"where": "item in ()"}, "stands in quotes; got 'item in ()'"),
        ({"where": "__import__('os')"}, "where: expected column op value"),
        (
            {"where": "kind > 3"},
            ":2: column 'kind': expected a number, for the filter kind > 3, got",
        ),
        ({"where": "rating > x"}, "where: rating > x: > needs a number or a date"),
        (
            {"min_rating": 3, "rating_column": "kind"},
            ":2: column 'kind': expected a number, got 'c'",
        ),
        ({"rating_column": "ratings"}, "no column 'ratings' (did you mean 'rating'?)"),
    ],
)
def test_a_filter_that_is_wrong(values, message, tmp_path):
    frame().assign(kind="c").to_csv(tmp_path / "a.csv", index=False)
    assert message in refused(tmp_path / "a.csv", **values)


def test_ratings_need_a_column(tmp_path):
    frame().drop(columns="rating").to_csv(tmp_path / "a.csv", index=False)
    assert refused(tmp_path / "a.csv", min_rating=3).endswith(
        "a.csv:1: no column of ratings among 'user', 'item', 'time', 'label'; name it with"
        " rating_column"
    )


def test_a_gap_fits_only_what_it_is_not(tmp_path):
    rows = [
        json.dumps({"user": 1, "item": n, "time": n, "kind": None if n % 2 else "a"})
        for n in range(8)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    assert read(tmp_path / "a.jsonl", where="kind == a").items.tolist() == [0, 2, 4, 6]
    assert read(tmp_path / "a.jsonl", where="kind != a").items.tolist() == [1, 3, 5, 7]


def test_text_of_numbers_has_nothing_to_filter_by(tmp_path):
    (tmp_path / "a.txt").write_text("1 2\n1 3\n1 4\n")
    assert refused(tmp_path / "a.txt", min_rating=3).endswith("leave out min_rating")
    assert refused(tmp_path / "a.txt", where="rating > 3").endswith("leave out where")
