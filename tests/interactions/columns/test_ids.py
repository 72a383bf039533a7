"""Ids: exact, stripped, one id one id; a gap is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from interactions.small_log import read, refused


def csv(path, ids):
    path.write_text("user,item,time\n" + "".join(f"1,{one},{n}\n" for n, one in enumerate(ids)))
    return path


@pytest.mark.parametrize(
    ("ids", "wanted"),
    [
        (["6", "6 ", " 7", "\u00a08"], [6, 7, 8]),
        (["4.0", "4", "5.0"], [4, 5]),
        (["4.0", "5.00", "6.0"], [4, 5, 6]),
        (["1.5", "1.0", "1"], ["1", "1.0", "1.5"]),
        (["007", "7", "8"], ["007", "7", "8"]),
        (["9007199254740993", "9007199254740992", "1"], [1, 9007199254740992, 9007199254740993]),
        (["9007199254740993.0", "9007199254740992", "1"], [1, 9007199254740992, 9007199254740993]),
        ([str(2**63), "1", "2"], ["1", "2", str(2**63)]),
        (["a", " a", "b"], ["a", "b"]),
        (["v1.0", "v1", "1.0"], ["1.0", "v1", "v1.0"]),
        (["-1", "0", "1"], [-1, 0, 1]),
        (["1e5", "100000", "2"], ["100000", "1e5", "2"]),
    ],
)
def test_ids_of_text(ids, wanted, tmp_path):
    found = read(csv(tmp_path / "a.csv", ids))
    assert found.items.tolist() == wanted and found.n_events == 3 + (len(ids) > 3)


@pytest.mark.parametrize(
    ("ids", "mixes"),
    [
        (["a", "4", "4.0"], "(1 of 2 ids, such as 4, are numbers)"),
        (["1e5", "100000", "2"], "(2 of 3 ids, such as 100000, are numbers)"),
        (["a", "b", "007"], None),
        (["1", "2", "1.5"], None),
    ],
)
def test_a_column_of_words_and_numbers_says_so(ids, mixes, tmp_path, capsys):
    path = csv(tmp_path / "a.csv", ids)
    read(path)
    message = f"{path}: column 'item' mixes text and numbers {mixes}: all are read as text\n"
    assert capsys.readouterr().err == (message if mixes else "")


@pytest.mark.parametrize(
    ("ids", "wanted"),
    [
        ([4, 4.0, 5], [4, 5]),
        ([4, "4", "5"], [4, 5]),
        ([2**53 + 1, 2**53, 1], [1, 2**53, 2**53 + 1]),
        ([2**70, 2**70 + 1, 1], ["1", str(2**70), str(2**70 + 1)]),
        ([float(4), 5.0, 6.0], [4, 5, 6]),
    ],
)
def test_ids_of_json(ids, wanted, tmp_path):
    rows = [json.dumps({"user": "u", "item": one, "time": n}) for n, one in enumerate(ids)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    assert read(tmp_path / "a.jsonl").items.tolist() == wanted


@pytest.mark.parametrize(
    ("ids", "wanted"),
    [
        (np.array([2**64 - 1, 2**63, 1], np.uint64), ["1", str(2**64 - 1), str(2**63)]),
        (np.array([3, 2, 1], np.int8), [1, 2, 3]),
        ([b"a", b"b", b"a"], ["a", "b"]),
        (pd.Categorical([30, 10, 20]), [10, 20, 30]),
        (pd.array(["6 ", "6", "7"], dtype="string"), [6, 7]),
    ],
)
def test_ids_of_parquet(ids, wanted, tmp_path):
    frame = pd.DataFrame({"user": 1, "item": ids, "time": range(3)})
    frame.to_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").items.tolist() == wanted


@pytest.mark.parametrize("gap", ["NA", "null", "nan", r"\N", " ", "\u00a0"])
def test_what_stands_for_a_gap_is_no_id(gap, tmp_path):
    path = csv(tmp_path / "a.csv", ["1", gap, "2"])
    assert refused(path) == f"{path}:3: column 'item': expected an id, got {gap!r}"


def test_a_rare_word_for_a_gap_may_be_a_name(tmp_path, capsys):
    path = csv(tmp_path / "a.csv", ["null", *["a", "b"] * 1000])
    assert read(path).items.tolist() == ["a", "b", "null"]
    assert (
        f"{path}: column 'item': 'null' is taken for an id like others\n" in capsys.readouterr().err
    )


def test_floats_beyond_2_53_were_rounded_before(tmp_path):
    frame = pd.DataFrame({"user": 1, "item": [2.0**53, 1.0, 2.0], "time": range(3)})
    frame.to_parquet(tmp_path / "a.parquet")
    assert "expected ids that are exact, got double beyond 2^53" in refused(tmp_path / "a.parquet")


def test_an_id_of_a_page_is_damage(tmp_path):
    assert ":3: column 'item': expected an id, got 'xxxxx" in refused(
        csv(tmp_path / "a.csv", ["a", "x" * 501, "b"])
    )


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["7", "8", "-1", "9"], "-1 is taken for an id like others"),
        (["a", "unknown", "b", "-"], "'unknown', '-' is taken for an id like others"),
        (["\u00e91", "e\u03011", "b"], "1 ids look like others, written with other code points;"),
        (["-3", "-1", "2"], None),
        (["\u00e91", "\u00e92", "b"], None),
    ],
)
def test_doubtful_ids_are_told_and_kept(ids, message, tmp_path, capsys):
    path = csv(tmp_path / "a.csv", ids)
    assert sorted(map(str, read(path).items)) == sorted(ids)
    said = capsys.readouterr().err
    assert f"{path}: column 'item': {message}" in said if message else "column 'item'" not in said


def test_a_minus_one_of_parquet_is_told(tmp_path, capsys):
    frame = pd.DataFrame({"user": [-1, -1, -1, 2, 2, 2], "item": [1, 2, 3] * 2})
    frame.to_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").users.tolist() == [-1, 2]
    assert "column 'user': -1 is taken for an id like others\n" in capsys.readouterr().err


def test_a_second_line_of_names_is_no_event(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("user,item\n" + "a,x\na,y\na,z\nuser,item\nb,x\nb,y\nb,z\n")
    assert refused(path).endswith("a.csv:5: column 'user': expected an id, got 'user'")
