"""Files and folders appear whole or not at all; digests name content."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.files import (
    digest,
    read_json,
    source_digest,
    whole_folder,
    write_json,
    write_whole,
)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    write_whole(path, "one")
    write_whole(path, b"two")
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.txt"
    write_whole(path, "old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_only_when_it_is_full(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with whole_folder(target) as part:
        (part / "a").write_text("a")
        assert not target.exists()
    assert (target / "a").read_text() == "a"


def test_a_failed_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "folder") as part:
        (part / "a").write_text("a")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_replaces_an_older_one(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with whole_folder(tmp_path / "folder") as part:
            (part / text).write_text(text)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["two"]


def test_json_comes_back(tmp_path: Path) -> None:
    value = {"a": [1, 2.5, None], "b": {"c": "é"}}
    write_json(tmp_path / "x.json", value)
    assert read_json(tmp_path / "x.json") == value


@given(st.lists(st.integers(0, 100)), st.lists(st.integers(0, 100)))
def test_digests_differ_exactly_when_content_does(one: list[int], other: list[int]) -> None:
    def arrays(values: list[int]) -> str:
        return digest(np.array(values, dtype=np.int32), {"n": len(values)})

    assert (arrays(one) == arrays(other)) == (one == other)


def test_a_digest_sees_types_shapes_and_borders() -> None:
    values = np.arange(6, dtype=np.int32)
    assert digest(values) != digest(values.astype(np.int64))
    assert digest(values) != digest(values.reshape(2, 3))
    assert digest("ab", "c") != digest("a", "bc")


def test_a_source_digest_follows_the_source(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    before = source_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert source_digest(tmp_path) == before
    (tmp_path / "a.py").write_text("2")
    assert source_digest(tmp_path) != before
    assert source_digest(tmp_path / "a.py") == source_digest(tmp_path)
