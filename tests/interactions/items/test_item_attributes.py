"""What lies beside a log becomes one table of attributes; what is broken there stops no log."""

import json
import zipfile

import pytest
from interactions.small_log import ITEMS, lines, read

RATINGS = lines(lambda u, i, t, s: f"{u}::{i}::5::{t}")
NAMED = "userId,movieId,rating,timestamp\n" + lines(lambda u, i, t, s: f"{u},{i},4.0,{t}")
REVIEWS = lines(
    lambda u, i, t, s: json.dumps({"reviewerID": u, "asin": i, "overall": 5, "unixReviewTime": t})
)
EVENTS = "user_id:token\titem_id:token\ttimestamp:float\n" + lines(
    lambda u, i, t, s: f"{u}\t{i}\t{t}"
)
FLAGS = "|".join(["0", "0", "0", "0", "1", "1", *["0"] * 13])


def known(path, item: int = 10) -> list[tuple[str, str]]:
    found = read(path)
    if found.attributes is None:
        return []
    rows = found.attributes[found.items[found.attributes["item"]] == item]
    return list(rows[["attribute", "value"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("log", "text", "side", "about", "wanted"),
    [
        (
            *("ratings.dat", RATINGS, "movies.dat", "10::Amélie (2001)::Comedy|Romance\n"),
            [("genre", "Comedy"), ("genre", "Romance"), ("title", "Amélie"), ("year", "2001")],
        ),
        (
            *("u.data", RATINGS.replace("::", "\t"), "u.item"),
            f"10|Amélie (2001)|01-Jan-2001||http://x|{FLAGS}\n11|B (1999)|||x|{FLAGS}\n",
            [("genre", "Children's"), ("genre", "Comedy"), ("title", "Amélie"), ("year", "2001")],
        ),
        (
            *("ratings.csv", NAMED, "movies.csv"),
            'movieId,title,genres\n10,"Film, A (2001)",Comedy|War\n11,B,(no genres listed)\n',
            [("genre", "Comedy"), ("genre", "War"), ("title", "Film, A"), ("year", "2001")],
        ),
        (
            *("reviews.json", REVIEWS, "meta_X.json"),
            repr({"asin": "10", "title": "T", "categories": [["A", "B"]], "brand": "C"}) + "\n",
            [("brand", "C"), ("category", "A"), ("category", "B"), ("title", "T")],
        ),
        (
            *("x.inter", EVENTS, "x.item"),
            "item_id:token\tmovie_title:token_seq\tclass:token_seq\tprice:float\n"
            "10\tA B\tC D\t1.5\n",
            [("genre", "C"), ("genre", "D"), ("price", "1.5"), ("title", "A B")],
        ),
        (
            *("x.txt", "1 10 11 12\n2 10 12 11\n", "x_item2attributes.json", '{"10": [8, 9]}'),
            [("attribute", "8"), ("attribute", "9")],
        ),
    ],
)
@pytest.mark.parametrize("where", ["folder", "file", "zip"])
def test_attributes_beside_a_log(where, log, text, side, about, wanted, tmp_path):
    encoding = "latin-1" if side in ("movies.dat", "u.item") else "utf-8"
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / log).write_text(text)
    (folder / side).write_text(about, encoding=encoding)
    (folder / "README").write_text("Some words, and more.\n")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"set/{file.name}")
    path = {"folder": folder, "file": folder / log, "zip": tmp_path / "set.zip"}[where]
    assert known(path) == wanted


def test_item_meta_of_rechorus(tmp_path):
    for part, item in (("train", 10), ("dev", 11), ("test", 12)):
        (tmp_path / f"{part}.csv").write_text(f"user_id\titem_id\ttime\n4\t{item}\t{item}\n")
    (tmp_path / "item_meta.csv").write_text("item_id\ti_category\tr_complement\n10\t5\t[2, 3]\n")
    assert known(tmp_path) == [("category", "5")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.item", "movie:token\tclass:token\n10\tWar\n"),
        ("x.item", "item_id:token\tclass:token\n10\n"),
        ("x.item", "just words\n"),
        ("x.item", ""),
        ("x.item", b"\0\1\2"),
        ("items.csv", "item_id,title\n10\n"),
        ("items.json", "{broken\n"),
        ("items.parquet", b"PAR1 but no more"),
        ("movies.dat", "10::A\n"),
    ],
)
def test_a_broken_side_file_is_told_and_left_out(name, content, tmp_path, capsys):
    (tmp_path / "x.inter").write_text(EVENTS)
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read(tmp_path / "x.inter")
    assert found.n_events == len(ITEMS) and found.attributes is None
    err = capsys.readouterr().err
    assert err.startswith(f"{tmp_path}/{name}") and err.endswith("items are read without it\n")
    assert err.count("\n") == 1


def test_what_is_known_of_other_items_is_not_kept(tmp_path):
    (tmp_path / "x.inter").write_text(EVENTS)
    (tmp_path / "x.item").write_text("item_id:token\tclass:token\n99\tWar\n")
    assert read(tmp_path / "x.inter").attributes is None


def test_columns_of_the_log_itself(tmp_path):
    rows = lines(lambda u, i, t, s: f"{t},{i},{u},Film {i},{i % 2},review {t}{u}")
    (tmp_path / "a.csv").write_text("time,item,user,title,category_code,brand\n" + rows)
    found = read(tmp_path / "a.csv")
    assert known(tmp_path / "a.csv") == [("category", "0"), ("title", "Film 10")]
    assert found.unused == ("brand",)  # of each event, not of the item
    assert found.tag_names == {"category": "category"}


def test_a_list_in_a_row_stops_no_log(tmp_path):
    rows = lines(lambda u, i, t, s: json.dumps({"user": u, "item": i, "ts": t, "genres": ["a"]}))
    (tmp_path / "a.jsonl").write_text(rows)
    found = read(tmp_path / "a.jsonl")
    assert found.n_events == len(ITEMS) and found.unused == ("genres",)
