"""Forms of logs that people have, small: each is read right without a flag."""

import bz2
import gzip
import json
import lzma
import zipfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from interactions.small_log import ITEMS, ORDERED, TIMES, USERS, lines, ordered, read, refused

MOVIELENS = lines(lambda u, i, t, s: f"{u}\t{i}\t3\t{t}")
REVIEW = {"reviewText": "a\nb", "summary": "x"}
TABLES = {
    "u.data": MOVIELENS,
    "ratings.dat": lines(lambda u, i, t, s: f"{u}::{i}::3.5::{t}"),
    "ratings.csv": "userId,movieId,rating,timestamp\n"
    + lines(lambda u, i, t, s: f"{u},{i},4.0,{t}"),
    "upper.csv": "USER_ID,ITEM ID,Time-Stamp\n" + lines(lambda u, i, t, s: f"{u},{i},{t}"),
    "hash.csv": "# user,item,time\n" + lines(lambda u, i, t, s: f"{u},{i},{t}"),
    "quoted.csv": '"uid","sku","ts"\n' + lines(lambda u, i, t, s: f'"{u}","{i}","{t}"'),
    "semicolon.csv": "user;item;date\n" + lines(lambda u, i, t, s: f"{u};{i};{s}"),
    "pipe.txt": "user|item|date\n" + lines(lambda u, i, t, s: f"{u}|{i}|{s[:10]}"),
    "spaces.txt": "user item  timestamp\n" + lines(lambda u, i, t, s: f"{u}  {i} {t}"),
    "spaces-without-names.txt": lines(lambda u, i, t, s: f"{u} {i} 5 {t}"),
    "konect": "% bip weighted\n% 1 2\n" + lines(lambda u, i, t, s: f"{u} {i} 5 {t}"),
    "amazon-2014.csv": lines(lambda u, i, t, s: f"A{u:012d},B{i:09d},5.0,{t}"),
    "amazon-2018.csv": lines(lambda u, i, t, s: f"B{i:09d},A{u:012d},5.0,{t}"),
    "gowalla.txt": lines(lambda u, i, t, s: f"{u}\t{s}Z\t30.23{i}\t-97.79{u}\t{i}"),
    "yoochoose.dat": lines(lambda u, i, t, s: f"{u},{s}.277Z,{i},0"),
    "last.fm": lines(lambda u, i, t, s: f"user_{u}\t{s}Z\tm-{i}\tBand, The\t\tSong"),
    "retailrocket.csv": "timestamp,visitorid,event,itemid,transactionid\n"
    + lines(lambda u, i, t, s: f"{t}117,{u},view,{i},"),
    "diginetica.csv": "sessionId;userId;itemId;timeframe;eventdate\n"
    + lines(lambda u, i, t, s: f"{u};NA;{i};5;{s[:10]}"),
    "rees46.csv": "event_time,event_type,product_id,user_id,user_session\n"
    + lines(lambda u, i, t, s: f"{s.replace('T', ' ')} UTC,view,{i},{u},7a-{u}"),
    "hm.csv": "t_dat,customer_id,article_id,price\n"
    + lines(lambda u, i, t, s: f"{s[:10]},{u},{i},0.05"),
    "index.csv": ",user_id,item_id,time\n" + lines(lambda u, i, t, s: f"{t},{u},{i},{t}"),
    "crlf.csv": "\ufeffuser,item,time\r\n" + lines(lambda u, i, t, s: f"{u},{i},{t}", "\r\n"),
    "cr.csv": "user,item,time\r" + lines(lambda u, i, t, s: f"{u},{i},{t}", "\r"),
    "unnamed-time.csv": "uid,sku,seen\n" + lines(lambda u, i, t, s: f"{u},{i},{s}"),
    "amazon-2014.json": lines(
        lambda u, i, t, s: json.dumps(
            {"reviewerID": f"A{u}", "asin": f"B{i}", "overall": 5.0, "unixReviewTime": t, **REVIEW}
        )
    ),
    "amazon-2018.json": lines(
        lambda u, i, t, s: json.dumps(
            {"overall": 5, "reviewTime": f"3 {s[8:10]}, 2011", "reviewerID": u, "asin": f"B{i}"}
        )
    ),
    "amazon-2023.jsonl": lines(
        lambda u, i, t, s: json.dumps(
            {"rating": 5.0, "asin": "X", "parent_asin": i, "user_id": u, "timestamp": t * 1000}
        )
    ),
    "yelp.json": lines(
        lambda u, i, t, s: json.dumps(
            {"user_id": f"u{u}", "business_id": f"b{i}", "stars": 4, "date": s.replace("T", " ")}
        )
    ),
    "steam.json": lines(
        lambda u, i, t, s: repr(
            {"username": f"u{u}", "product_id": str(i), "date": s[:10], "hours": 1}
        )
    ),
    "list.json": json.dumps(
        [{"user": u, "item": i, "time": t} for u, i, t in zip(USERS, ITEMS, TIMES, strict=True)],
        indent=1,
    ),
}


@pytest.mark.parametrize("name", [*TABLES])
def test_a_log_is_read_without_flags(name, tmp_path):
    (tmp_path / name).write_text(TABLES[name], newline="")
    found = read(tmp_path / name)
    assert ordered(found) == ORDERED and found.timed
    assert (found.n_users, found.n_items, found.n_events) == (3, 4, 12)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("u.data", "column 1 is the user, column 2 is the item, column 4 is the time, column 3 is"),
        ("amazon-2018.csv", "column 2 is the user, column 1 is the item"),
        ("gowalla.txt", "column 1 is the user, column 5 is the item, column 2 is the time;"),
        ("diginetica.csv", "'sessionId' is read as the user, not 'userId'; --user_column userId"),
        ("amazon-2023.jsonl", "'parent_asin' is read as the item, not 'asin'; --item_column asin"),
        ("unnamed-time.csv", "'seen' looks like the time and is read as it; --time_column names"),
    ],
)
def test_what_was_assumed_is_said(name, message, tmp_path, capsys):
    (tmp_path / name).write_text(TABLES[name])
    read(tmp_path / name)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ratings.csv", "hash.csv", "yelp.json", "semicolon.csv"])
def test_what_is_certain_is_read_in_silence(name, tmp_path, capsys):
    (tmp_path / name).write_text(TABLES[name])
    read(tmp_path / name)
    assert capsys.readouterr().err == ""


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("form", ["u.data", "ratings.dat", "ratings.csv", "amazon-2023.jsonl"])
@pytest.mark.parametrize("packed", ["gz", "zst", "bz2", "xz", "zip", "utf-16", "utf-16-le"])
def test_compression_and_unicode_are_told_by_content(packed, form, tmp_path):
    path, text = tmp_path / "log", TABLES[form].encode()
    pack = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    }
    if packed == "zip":
        zipped(path, **{"set/ratings.x": text, "set/README": b"some words\n"})
    else:
        path.write_bytes(pack[packed](text) if packed in pack else text.decode().encode(packed))
    assert ordered(read(path)) == ORDERED


def test_parquet_of_every_type(tmp_path):
    when = pd.to_datetime(TIMES, unit="s", utc=True).tz_convert("Europe/Berlin")
    for users in (
        pd.array(USERS, dtype="UInt64"),
        [float(u) for u in USERS],
        [Decimal(u) for u in USERS],
    ):
        frame = pd.DataFrame({"user": users, "item": pd.Categorical(map(str, ITEMS)), "at": when})
        frame.to_parquet(tmp_path / "a.parquet")
        assert ordered(read(tmp_path / "a.parquet")) == ORDERED


def test_pieces_of_one_table(tmp_path):
    half = len(USERS) // 2
    frame = pd.DataFrame({"user": USERS, "item": ITEMS, "time": TIMES})
    (tmp_path / "log").mkdir()
    frame[:half].to_parquet(tmp_path / "log" / "part-00000-ab.parquet")
    frame[half:].to_parquet(tmp_path / "log" / "part-00001-ab.parquet")
    assert ordered(read(tmp_path / "log")) == ORDERED


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("combined_data_1.txt", "1:\n5,3,2005-09-06\n2:\n5,3,2005-09-06\n", "as in Netflix' data"),
        ("behaviors.tsv", "1\tU1\t11/15/2019 10:22:32 AM\tN1 N2\tN5-1 N6-0\n", "MIND's"),
        ("empty.csv", "", "empty; expected"),
        (
            "counts.csv",
            "1,10,7\n1,11,3\n2,10,44\n2,11,9\n1,12,13\n",
            "column 3 may be the time or a",
        ),
        ("list.csv", "user_id,item_id_list,item_id\n1,2 3,4\n", "holds prefixes, not events"),
        ("x.json", '[{"user": 1, "item": 2}, 3]', "row 2: expected an object {…}, got a int"),
        (
            "nest.jsonl",
            '{"user": {"id": 1}, "item": 2}\n',
            "column 'user': expected text or a number",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(name, text, message, tmp_path):
    (tmp_path / name).write_text(text)
    assert message in refused(tmp_path / name)


def test_a_workbook_is_refused(tmp_path):
    zipped(tmp_path / "a.xlsx", **{"xl/workbook.xml": b"", "[Content_Types].xml": b""})
    assert refused(tmp_path / "a.xlsx").endswith("an Excel workbook; save the sheet as CSV")


@pytest.mark.parametrize("end", [60, 25])
def test_a_cut_compressed_file(end, tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(TABLES["ratings.csv"].encode())[:end])
    assert "a.csv.gz: broken compressed file: " in refused(tmp_path / "a.csv.gz")


NUMBERS = {
    "pairs": ("1 5\n1 6\n1 7\n2 5\n2 7\n2 9\n", (2, 4, 6)),
    "s3rec": ("1 5 6 7\n2 5 7 9 6\n3 6 5 7\n", (3, 4, 10)),
    "sequences": ("4 6 8 10\n7 9 4 6\n10 4 7 9\n4 6 8\n", (4, 6, 15)),
}


@pytest.mark.parametrize("form", [*NUMBERS])
def test_text_of_numbers_says_which_form_it_has(form, tmp_path, capsys):
    text, counts = NUMBERS[form]
    (tmp_path / "log.txt").write_text(text)
    found = read(tmp_path / "log.txt")
    assert (found.n_users, found.n_items, found.n_events) == counts and not found.timed
    others = " or ".join(f"--format {other}" for other in NUMBERS if other != form)
    err = capsys.readouterr().err
    assert ": read as " in err and f"{others} says otherwise" in err


def test_a_format_settles_what_text_of_numbers_is(tmp_path, capsys):
    (tmp_path / "log.txt").write_text(NUMBERS["sequences"][0].rpartition("4 6 8\n")[0])
    assert read(tmp_path / "log.txt").n_users == 3
    capsys.readouterr()
    found = read(tmp_path / "log.txt", format="s3rec")
    assert found.users.tolist() == [4, 7, 10] and found.n_events == 9
    assert capsys.readouterr().err == ""


def test_user_groups_before_session(tmp_path, capsys):
    rows = "".join(f"{10 + k // 3}\t{k}\t{k}\t1\n" for k in range(6))
    (tmp_path / "a.inter").write_text(
        "session_id:token\titem_id:token\ttimestamp:float\tuser_id:token\n" + rows
    )
    assert read(tmp_path / "a.inter").n_users == 1
    message = (
        "'user_id' is read as the user, not 'session_id'; --user_column session_id says otherwise"
    )
    assert message in capsys.readouterr().err
    assert read(tmp_path / "a.inter", user_column="session_id").users.tolist() == [10, 11]


def test_positions_name_columns_with_or_without_names(tmp_path):
    text = lines(lambda u, i, t, s: f"{t},{i},{u}")
    (tmp_path / "a.csv").write_text(text)
    chosen = {"user_column": "3", "item_column": "2", "time_column": "1"}
    assert ordered(read(tmp_path / "a.csv", **chosen)) == ORDERED
    (tmp_path / "b.csv").write_text("x,y,z\n" + text)
    assert ordered(read(tmp_path / "b.csv", **chosen)) == ORDERED
    assert "no column '4' among '1', '2', '3' (item_column)" in refused(
        tmp_path / "a.csv", item_column="4"
    )
