"""RecBole's prefix files: the sequences behind the rows come back, in any order of the rows."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interactions.small_log import read, refused

HEAD = "user_id:token\titem_id_list:token_seq\titem_id:token\n"
Row = tuple[str, list[str], str]


def rows_of(
    sequences: dict[str, list[str]], longest: int, *, newest_first: bool
) -> dict[str, list[Row]]:
    """Write what RecBole writes: each prefix and what follows it."""
    found: dict[str, list[Row]] = {"train": [], "valid": [], "test": []}
    for user, items in sequences.items():
        rows = [(user, items[max(0, n - longest) : n], items[n]) for n in range(1, len(items))]
        train = rows[:-2]
        found["train"] += train[::-1] if newest_first else train
        found["valid"].append(rows[-2])
        found["test"].append(rows[-1])
    return found


def write(folder: Path, rows: dict[str, list[Row]]) -> Path:
    for part, some in rows.items():
        text = "".join(f"{user}\t{' '.join(items)}\t{item}\n" for user, items, item in some)
        (folder / f"set.{part}.inter").write_text(HEAD + text)
    return folder


ITEMS = st.lists(st.sampled_from([f"i{n}" for n in range(6)]), min_size=4, max_size=9)


@settings(max_examples=40, deadline=None)
@given(
    sequences=st.dictionaries(st.sampled_from(["u1", "u2", "u3", "u4"]), ITEMS, min_size=1),
    longest=st.integers(2, 9),
    newest_first=st.booleans(),
)
def test_three_files_are_a_given_split(sequences, longest, newest_first, tmp_path_factory):
    rows = rows_of(sequences, longest, newest_first=newest_first)
    folder = write(tmp_path_factory.mktemp("set"), rows)
    found = read(folder)
    back = found.frame.groupby("user")
    for user, mine in back:
        assert found.items[mine["item"]].tolist() == sequences[found.users[user]]
        assert mine["split"].tolist() == [0] * (len(mine) - 2) + [1, 2]
    assert found.n_users == len(sequences) and not found.timed


@pytest.mark.parametrize("newest_first", [True, False])
def test_one_file_gives_the_sequences_of_its_lists(newest_first, tmp_path):
    sequences = {"a": ["x", "y", "z", "w", "v"], "b": ["z", "y", "x", "z"]}
    write(tmp_path, rows_of(sequences, 50, newest_first=newest_first))
    found = read(tmp_path / "set.train.inter", min_user=1)
    assert not found.has_split and found.users.tolist() == ["a"]  # b has two events
    assert found.items[found.frame["item"]].tolist() == ["x", "y", "z"]
    whole = read(tmp_path / "set.test.inter")
    assert [whole.items[i] for i in whole.frame["item"]] == [*sequences["a"], *sequences["b"]]


def test_lists_of_another_name_whose_times_are_not_read(tmp_path, capsys):
    rows = rows_of({"7": ["x", "y", "z", "w", "v"]}, 50, newest_first=True)
    head = "user_id:token\tmovie_id_list:token_seq\tmovie_id:token\ttimestamp:float\n"
    for part, some in rows.items():
        text = "".join(f"{user}\t{' '.join(items)}\t{item}\t5\n" for user, items, item in some)
        (tmp_path / f"set.{part}.inter").write_text(head + text)
    found = read(tmp_path)
    assert found.items[found.frame["item"]].tolist() == ["x", "y", "z", "w", "v"]
    message = f"{tmp_path}: the lists give the order, 'timestamp' is not read\n"
    assert capsys.readouterr().err == message


def test_another_split_may_be_asked_for(tmp_path):
    write(tmp_path, rows_of({"a": ["x", "y", "z", "w", "v"]}, 50, newest_first=True))
    assert not read(tmp_path, split="leave-one-out").has_split


def test_rows_that_contradict_each_other_are_refused(tmp_path):
    rows = rows_of({"a": ["x", "y", "z", "w", "v"]}, 50, newest_first=True)
    rows["train"][0] = ("a", ["x", "w"], "z")
    assert refused(write(tmp_path, rows)) == (
        f"{tmp_path}/set.train.inter:2: column 'item_id_list': its items contradict the longer rows"
        " of its user; expected prefixes of one sequence"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "a\t\tx\n",
            ":2: column 'item_id_list': expected the items before the target, got nothing",
        ),
        ("a\tx y\t\n", ":2: column 'item_id': expected an id, got nothing"),
        ("a\tx y\n", ":2: expected 3 columns, got 2"),
        ("\tx y\tz\n", ":2: column 'user_id': expected an id, got nothing"),
    ],
)
def test_a_broken_row(row, message, tmp_path):
    (tmp_path / "a.inter").write_text(HEAD + row + "b\tx y\tz\n")
    assert refused(tmp_path / "a.inter") == f"{tmp_path}/a.inter{message}"


def test_prefixes_cannot_be_filtered(tmp_path):
    write(tmp_path, rows_of({"a": ["x", "y", "z", "w", "v"]}, 50, newest_first=True))
    assert "rows are prefixes, not events; leave it out" in refused(tmp_path, min_rating=3)


def test_plain_events_in_three_files_are_a_given_split(tmp_path):
    head = "user_id:token\titem_id:token\ttimestamp:float\n"
    for part, times in (("train", [1, 2, 3]), ("valid", [4]), ("test", [5])):
        text = "".join(f"7\t{time}\t{time}\n" for time in times)
        (tmp_path / f"set.{part}.inter").write_text(head + text)
    assert read(tmp_path).frame["split"].tolist() == [0, 0, 0, 1, 2]
    assert not read(tmp_path / "set.train.inter").has_split


@pytest.mark.parametrize("newest_first", [True, False])
def test_rows_with_an_id_each_are_refused(newest_first, tmp_path):
    rows = [(f"s{n}", [f"i{k}" for k in range(n + 1)], f"i{n + 1}") for n in range(8)]
    text = "".join(f"{user}\t{' '.join(items)}\t{item}\n" for user, items, item in rows)
    lines = text.splitlines(keepends=True)[:: -1 if newest_first else 1]
    (tmp_path / "a.inter").write_text(HEAD + "".join(lines))
    assert "rows of one sequence have an id each" in refused(tmp_path / "a.inter")


def test_sessions_with_one_row_each_are_read(tmp_path):
    rows = "".join(f"s{n}\ti{n} i{n + 5} i{n + 1}\ti{n + 2}\n" for n in range(8))
    (tmp_path / "a.inter").write_text(HEAD + rows)
    assert read(tmp_path / "a.inter").n_users == 8
