"""Every kind of mistake again in every format with an event a row: the same one line."""

import pytest
from interactions.readers.forms import FORMS, TABLES, Event
from interactions.small_log import read, refused

from recsae.errors import RecsaeError

START = 1_300_000_000
EVENTS: list[Event] = [
    (str(user), str(10 * user + step), str(START + 9 * user - step))
    for user in (1, 2, 3)
    for step in range(4)
]
TEXTS = [name for name in TABLES if name not in ("jsonl", "json-list", "parquet")]
HEADED = [name for name in TABLES if name not in ("u.data", "ratings.dat")]
SEPARATE = [name for name in TEXTS if name not in ("spaces", "windows.tsv")]


def broken(row: int, column: int, cell: str) -> list[Event]:
    events = [list(event) for event in EVENTS]
    events[row][column] = cell
    return [(user, item, time) for user, item, time in events]


@pytest.mark.parametrize("form", [*FORMS])
def test_the_log_itself_is_read(form, tmp_path):
    found = read(FORMS[form].put(tmp_path / "a", EVENTS))
    assert (found.n_users, found.n_items, found.n_events) == (3, 12, 12)
    frame = found.frame.sort_values(["user", "timestamp"], kind="stable")
    assert found.items[frame["item"]].tolist() == [13, 12, 11, 10, 23, 22, 21, 20, 33, 32, 31, 30]


@pytest.mark.parametrize("row", [0, 5, 11])
@pytest.mark.parametrize("cell", ["abc", "nan", "inf", "1_000", "0x1", "٣", "1e999", "1,5", ""])
@pytest.mark.parametrize("form", [*TABLES])
def test_a_time_that_is_no_number(form, cell, row, tmp_path):
    if form == "spaces" and not cell:
        return  # two spaces are one
    by_commas = form.startswith("csv") or form == "utf-16"
    written = f'"{cell}"' if by_commas and "," in cell else cell
    path = TABLES[form].put(tmp_path / "a", broken(row, 2, written))
    name = TABLES[form].columns[2]
    message = refused(path, time_column=name) if name == "4" else refused(path)
    place = TABLES[form].place(path, row)
    got = repr(cell) if cell else "nothing"
    assert message == f"{place}: column {name!r}: expected a number, got {got}"


@pytest.mark.parametrize("cell", ["", " ", "NA", "null"])
@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("form", [name for name in TABLES if name != "spaces"])
def test_no_id(form, column, cell, tmp_path):
    path = TABLES[form].put(tmp_path / "a", broken(5, column, cell))
    got = repr(cell) if cell else "nothing"
    name = TABLES[form].columns[column]
    assert (
        refused(path)
        == f"{TABLES[form].place(path, 5)}: column {name!r}: expected an id, got {got}"
    )


@pytest.mark.parametrize("form", SEPARATE)
def test_a_row_of_other_length(form, tmp_path):
    between = {
        "semicolon": ";",
        "tab": "\t",
        "windows.tsv": "\t",
        "pipe": "|",
        "u.data": "\t",
        "ratings.dat": "::",
    }
    delimiter = between.get(form, "\t" if form == "recbole" else ",")
    width = 3 if form in HEADED else 4
    path = TABLES[form].put(tmp_path / "a", broken(5, 2, f"{START}{delimiter}7"))
    place = TABLES[form].place(path, 5)
    assert refused(path) == f"{place}: expected {width} columns, got {width + 1}"


@pytest.mark.parametrize("form", ["csv", "semicolon", "tab", "pipe", "ratings.dat", "recbole"])
def test_bytes_that_are_no_text(form, tmp_path):
    path = TABLES[form].put(tmp_path / "a", broken(5, 1, "é"))
    path.write_bytes(path.read_bytes().replace("é".encode(), "é".encode("latin-1")))
    name = TABLES[form].columns[1]
    assert refused(path) == f"{TABLES[form].place(path, 5)}: column {name!r}: expected UTF-8 text"


@pytest.mark.parametrize("form", HEADED)
def test_a_named_column_that_is_not_there(form, tmp_path):
    path = TABLES[form].put(tmp_path / "a", EVENTS)
    assert refused(path, user_column="usr").endswith(
        "no column 'usr' (did you mean 'user'?) (user_column)"
    )
    assert refused(path, time_column="price").endswith(
        "no column 'price' among 'user', 'item', 'time' (time_column)"
    )
    assert "did you mean 'item'?" in refused(path, where="itm == 3")


@pytest.mark.parametrize("form", [name for name in TABLES if name not in ("parquet", "spaces")])
def test_a_column_that_is_called_otherwise(form, tmp_path):
    if form not in HEADED:
        assert "no column 'seller' among '1', '2'" in refused(
            TABLES[form].put(tmp_path / "a", EVENTS), user_column="seller"
        )
        return
    form_ = TABLES[form]
    files = {name: data.replace(b"user", b"buyr") for name, data in form_.write(EVENTS).items()}
    path = form_._replace(write=lambda events: files).put(tmp_path / "a", EVENTS)
    assert "no column user or user_id among 'buyr', 'item', 'time'; name it with user_column" in (
        refused(path)
    )


@pytest.mark.parametrize("form", [*FORMS])
def test_a_cut_file_is_no_other_log(form, tmp_path):
    """Cut after two thirds: one line, or fewer of the same events."""
    path = FORMS[form].put(tmp_path / "a", EVENTS)
    file = max(path.iterdir(), key=lambda one: one.stat().st_size) if path.is_dir() else path
    data = file.read_bytes()
    file.write_bytes(data[: 2 * len(data) // 3])
    try:
        found = read(path)
    except RecsaeError as error:
        assert "\n" not in str(error)
        return
    assert found.n_events < len(EVENTS)
    pairs = {(int(user), int(item)) for user, item, _ in EVENTS}
    back = {
        (int(found.users[user]), int(found.items[item]))
        for user, item in found.frame[["user", "item"]].to_numpy()
    }
    assert len(back - pairs) <= 1  # the last number may be cut itself


@pytest.mark.parametrize("form", [*FORMS])
def test_an_empty_file(form, tmp_path):
    path = FORMS[form].put(tmp_path / "a", EVENTS)
    for file in [path] if path.is_file() else [*path.iterdir()]:
        file.write_bytes(b"")
    message = refused(path)
    assert str(path) in message and (
        "empty; expected" in message or "no known log in it" in message
    )


@pytest.mark.parametrize("form", [name for name in HEADED if "json" not in name])
def test_names_without_an_event(form, tmp_path):
    message = refused(TABLES[form].put(tmp_path / "a", []))
    assert message == "log: no events in it"
