"""What was told to somebody, or written whole, survives a power cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from power_cut import Disk

from recsae.files import whole_folder, write_whole
from recsae.results import create, load_results, write_trials
from recsae.search.journal import journal as journals
from recsae.search.journal.journal import Journal, events_of
from recsae.search.ray.checkpoints import load_checkpoint, save_checkpoint


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


@pytest.fixture
def disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk(root, monkeypatch)
    yield disk
    disk.close()


def test_every_event_that_was_appended(
    root: Path, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "SEGMENT_EVENTS", 3)
    written = []
    for driver in range(2):
        with Journal.open(root / "run") as journal:
            for n in range(5):
                journal.append({"n": n, "driver": driver})
                written.append({"n": n, "driver": driver})
                left = disk.left(tmp_path / f"{driver}-{n}")
                assert list(events_of(left / "run")) == written


def test_a_file_that_was_written_whole(root: Path, disk: Disk, tmp_path: Path) -> None:
    for content in ("old", "new"):
        write_whole(root / "deep" / "er" / "file", content)
        left = disk.left(tmp_path / content)
        assert (left / "deep" / "er" / "file").read_text() == content


def test_a_folder_that_was_made_whole_with_all_that_is_in_it(
    root: Path, disk: Disk, tmp_path: Path
) -> None:
    for content in ("old", "new"):
        with whole_folder(root / "deep" / "folder") as part:
            (part / "a").write_text(content)
            (part / "inner").mkdir()
            (part / "inner" / "b").write_text(content)
        left = disk.left(tmp_path / content) / "deep" / "folder"
        assert (left / "a").read_text() == (left / "inner" / "b").read_text() == content


def test_a_run_its_rows_and_the_states_of_its_trials(
    root: Path, disk: Disk, tmp_path: Path
) -> None:
    create(root / "runs" / "a", {"space": {"objectives": {"ndcg@10": "max"}}})
    assert load_results(disk.left(tmp_path / "1") / "runs" / "a").trials.empty
    write_trials(root / "runs" / "a", [{"trial_id": 0, "state": "RUNNING"}])
    save_checkpoint(root / "runs" / "a" / ".checkpoints", 0, {"epochs": 3})
    left = disk.left(tmp_path / "2") / "runs" / "a"
    assert len(load_results(left).trials) == 1
    assert load_checkpoint(left / ".checkpoints", 0) == {"epochs": 3}
