"""Columns that are easily taken for what they are not."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from interactions.small_log import (
    ITEMS,
    ORDERED,
    START,
    TIMES,
    USERS,
    lines,
    ordered,
    read,
    refused,
)

HEAD = "user_id,item_id,time\n"
LOG = HEAD + lines(lambda u, i, t, s: f"{u},{i},{t}")


def put(folder, text, name="a.csv"):
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize(
    ("on", "off"), [("yes", "no"), ("Y", "N"), ("t", "f"), ("True", "False"), ("0.7", "0.0")]
)
def test_a_label_in_words_of_truth(on, off, tmp_path):
    text = "user_id,item_id,time,label\n" + lines(lambda u, i, t, s: f"{u},{i},{t},{on}")
    text += lines(lambda u, i, t, s: f"{u},{i + 1},{t + 9},{off}")
    assert ordered(read(put(tmp_path, text))) == ORDERED


def test_a_label_in_other_words_leaves_nothing_out_and_says_so(tmp_path, capsys):
    text = "user_id,item_id,time,label\n" + lines(lambda u, i, t, s: f"{u},{i},{t},news")
    assert ordered(read(put(tmp_path, text))) == ORDERED
    assert "'label' is in words, so it leaves no row out; --where may\n" in capsys.readouterr().err


def test_what_may_be_a_label_is_told(tmp_path, capsys):
    text = "user_id,item_id,time,target\n" + lines(lambda u, i, t, s: f"{u},{i},{t},{i % 2}")
    assert read(put(tmp_path, text)).n_events == len(USERS)
    assert "rows with 'target' 0 are events too; --where 'target > 0' leaves" in (
        capsys.readouterr().err
    )


def test_types_of_recbole_do_not_hide_names(tmp_path):
    text = "user_id,item_id,time,label:float\n"
    text += lines(lambda u, i, t, s: f"{u},{i},{t},1\n{u},{i + 1},{t},0")
    assert ordered(read(put(tmp_path, text))) == ORDERED


def test_rows_left_out_need_no_time_and_no_id(tmp_path):
    text = LOG + "1,,\n2,99,soon\n"
    assert ordered(read(put(tmp_path, text), where="item_id != '' and time != soon")) == ORDERED
    path = put(tmp_path, LOG + "2,99,\n", "b.csv")
    assert refused(path).endswith("b.csv:14: column 'time': expected a number, got nothing")
    assert refused(put(tmp_path, LOG + "x,,9\n2,99,\n"), where="item_id != ''").endswith(
        "a.csv:15: column 'time': expected a number, got nothing"
    )


def test_gaps_of_parquet_can_be_left_out(tmp_path):
    table = {"user_id": [*USERS, 1], "item_id": [*ITEMS, None], "time": [*TIMES, 5]}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    assert ordered(read(tmp_path / "a.parquet", where="item_id != ''")) == ORDERED


def test_times_that_are_all_the_same_are_told(tmp_path, capsys):
    text = HEAD + lines(lambda u, i, t, s: f"{u},{i},0")
    read(put(tmp_path, text))
    assert "'time': all times are 0, so the order of the file counts\n" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_an_object_is_no_id(form, tmp_path):
    path = tmp_path / f"a.{form}"
    rows = [
        {"user": {"id": 9}, "user_id": u, "item": [7], "item_id": i, "time": t}
        for u, i, t in zip(USERS, ITEMS, TIMES, strict=True)
    ]
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert ordered(read(path)) == ORDERED
    assert "column 'user': expected text or" in refused(path, user_column="user")


def test_two_columns_of_one_name_in_parquet(tmp_path):
    names = ["user_id", "item_id", "item_id"]
    pq.write_table(pa.table([USERS, ITEMS, ITEMS], names=names), tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet").endswith("two columns are called 'item_id'")


def test_one_column_is_not_two_things(tmp_path):
    path = put(tmp_path, LOG)
    assert refused(path, time_column="item_id").endswith(
        "column 'item_id' is both item_column and time_column"
    )
    assert "no column 'USER_ID' (did you mean 'user_id'?)" in refused(path, user_column="USER_ID")


PREFIXES = [(u, row[:n], row[n]) for u, row in ORDERED.items() for n in range(1, 4)]


@pytest.mark.parametrize("name", ["item_id_list", "history", "clicks_before"])
@pytest.mark.parametrize("form", ["csv", "brackets", "jsonl", "parquet"])
def test_prefixes_are_no_events_in_any_format(form, name, tmp_path):
    path = tmp_path / f"a.{form}"
    rows = [{"user_id": u, name: before, "item_id": item} for u, before, item in PREFIXES]
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:

        def cell(before):
            return f'"{before}"' if form == "brackets" else " ".join(map(str, before))

        text = "".join(f"{u},{cell(before)},{item}\n" for u, before, item in PREFIXES)
        path.write_text(f"user_id,{name},item_id\n{text}")
    assert f"column {name!r} holds prefixes, not events: the items before" in refused(path)


@pytest.mark.parametrize("name", ["history", "session"])
def test_typed_lists_of_another_name_are_prefixes(name, tmp_path, capsys):
    text = f"user_id:token\t{name}:token_seq\titem_id:token\n"
    rows = [f"{u}\t{' '.join(map(str, row))}\t{item}\n" for u, row, item in PREFIXES]
    assert ordered(read(put(tmp_path, text + "".join(rows[::-1]), "a.inter"))) == ORDERED
    assert f"{name!r} lists the items before 'item_id', so rows are" in capsys.readouterr().err


def test_lists_of_negatives_are_no_prefixes(tmp_path):
    text = "user_id,item_id,time,neg_items\n"
    text += lines(lambda u, i, t, s: f'{u},{i},{t},"[12, 11]"')
    assert ordered(read(put(tmp_path, text))) == ORDERED


def big(number):
    return START + number


def test_ids_that_look_like_times(tmp_path):
    text = lines(lambda u, i, t, s: f"{big(u)},{big(i)},{t}")
    found = read(put(tmp_path, text))
    assert found.users.tolist() == [big(1), big(2), big(3)] and found.timed
    found = read(put(tmp_path, lines(lambda u, i, t, s: f"{u}\t{big(i)}"), "b.tsv"))
    assert found.items.tolist() == [big(i) for i in range(10, 14)] and not found.timed
    path = put(tmp_path, lines(lambda u, i, t, s: f"{u},{big(i)},{1 + i % 5}"), "c.csv")
    assert "column 2 may be the time or the item" in refused(path)
    assert not read(path, item_column="2").timed


def test_a_column_of_ones_is_no_rating_and_no_time(tmp_path, capsys):
    found = read(put(tmp_path, lines(lambda u, i, t, s: f"{u},{i},1,{t}")))
    assert ordered(found) == ORDERED and "rating" not in found.columns
    assert "column 4 is the time; 3 not read;" in capsys.readouterr().err
    assert not read(put(tmp_path, lines(lambda u, i, t, s: f"{u},{i},0"), "b.csv")).timed


def test_rows_of_words_are_no_events(tmp_path):
    rows = [f"u{u} " + " ".join(f"i{u * n % 5}" for n in range(1, 5)) + "\n" for u in range(9)]
    path = put(tmp_path, "".join(rows), "a.txt")
    assert "rows list items (user item item …)" in refused(path)


@pytest.mark.parametrize("sign", ["::", "\t", ",", "|"])
def test_positions_that_stand_in_the_first_row_too(sign, tmp_path):
    rows = [(1, 4, 5, START), *((u, i, 5, t) for u, i, t in zip(USERS, ITEMS, TIMES, strict=True))]
    path = put(tmp_path, "".join(sign.join(map(str, row)) + "\n" for row in rows), "ratings.dat")
    found = read(path, user_column="1", item_column="2", time_column="4", rating_column="3")
    assert found.n_events == 13 and ordered(found)[2] == ORDERED[2]
