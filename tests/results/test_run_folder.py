"""Runs are made once, found by name, and whole at any time."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsae.errors import RecsaeError
from recsae.results import (
    check_name,
    create,
    find_run,
    load_results,
    new_run_name,
    read_search,
    run_names,
    storage_root,
    write_curves,
    write_search,
    write_trials,
)

SEARCH: dict[str, Any] = {"space": {"objectives": {"ndcg@10": "max"}}}


def test_a_new_run_can_be_read_at_once(tmp_path: Path) -> None:
    create(tmp_path / "runs" / "a", SEARCH)
    results = load_results(tmp_path / "runs" / "a")
    assert (len(results.trials), len(results.curves), results.search) == (0, 0, SEARCH)
    assert results.best.empty


def test_an_existing_name_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    create(tmp_path / "a", {**SEARCH, "seed": 1})
    with pytest.raises(RecsaeError, match=r"a exists already; take another --name"):
        create(tmp_path / "a", {**SEARCH, "seed": 2})
    assert read_search(tmp_path / "a")["seed"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_no_run_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(RecsaeError, match="exists already"):
        create(tmp_path / "a", SEARCH)


def test_what_fills_a_new_run_is_there_when_the_run_is(tmp_path: Path) -> None:
    seen: list[bool] = []

    def fill(folder: Path) -> None:
        seen.append((tmp_path / "a").exists())
        write_curves(folder, [{"trial_id": 0, "epoch": 1}])

    create(tmp_path / "a", SEARCH, fill)
    assert seen == [False] and len(load_results(tmp_path / "a").curves) == 1


def test_a_run_that_cannot_be_filled_is_never_there(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        raise RecsaeError("no")

    with pytest.raises(RecsaeError, match=r"^no$"):
        create(tmp_path / "a", SEARCH, fill)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["show", "diff", "merge", "export"])
def test_a_name_that_is_a_command_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match=f"^name: '{name}' is what `recsae results {name}` does"):
        create(tmp_path / name, SEARCH)
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_create_the_same_run_one_is_refused(tmp_path: Path) -> None:
    start, refused = threading.Barrier(8), []

    def attempt() -> None:
        start.wait()
        try:
            create(tmp_path / "a", SEARCH)
        except RecsaeError as error:
            refused.append(error)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    assert run_names(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["a", "2026-11-23_153000", "lr_1e-3", "A.b+c"])
def test_names_that_can_be_folders(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "-rf", "a b", "ä", "a\n", "a" * 201]
)
def test_names_that_cannot(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match="name: expected"):
        check_name(name)


def test_search_yaml_takes_what_programs_have(tmp_path: Path) -> None:
    search = {**SEARCH, "lr": np.float64(0.5), "ks": (1, np.int64(2)), "path": Path("x")}
    create(tmp_path / "a", search)
    assert read_search(tmp_path / "a") == {**SEARCH, "lr": 0.5, "ks": [1, 2], "path": "x"}
    write_search(tmp_path / "a", {**search, "seconds": 2.5})
    assert read_search(tmp_path / "a")["seconds"] == 2.5


def test_a_reader_sees_whole_files_while_they_are_written(tmp_path: Path) -> None:
    run = tmp_path / "a"
    create(run, SEARCH)
    over = threading.Event()

    def write() -> None:
        for number in range(1, 60):
            rows = [{"trial_id": i, "state": "RUNNING", "epochs": number} for i in range(number)]
            write_trials(run, rows)
            write_curves(run, [{"trial_id": i, "epoch": 1} for i in range(number)])
        over.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = 0
    while not over.is_set():
        trials = load_results(run).trials
        assert (trials["epochs"] == len(trials)).all()
        assert len(trials) >= seen
        seen = len(trials)
    writer.join()
    assert len(load_results(run).curves) == 59


def test_a_write_that_is_cut_short_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(tmp_path / "a", SEARCH)
    write_trials(tmp_path / "a", [{"trial_id": 0, "state": "RUNNING"}])

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_trials(tmp_path / "a", [{"trial_id": i, "state": "RUNNING"} for i in range(9)])
    assert len(load_results(tmp_path / "a").trials) == 1
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
        "curves.parquet",
        "results.parquet",
        "search.yaml",
    ]


def test_runs_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    create(tmp_path / "first", SEARCH)
    assert find_run("first", tmp_path) == tmp_path / "first"
    assert find_run(str(tmp_path / "first"), Path("/nowhere")) == tmp_path / "first"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("frist", r"no run 'frist' in .*did you mean 'first'\?"),
        ("zzz", r"no run 'zzz' in .*; there: first, second"),
        ("/nowhere/zzz", "no run '/nowhere/zzz'"),
    ],
)
def test_a_name_without_a_run_tells_what_there_is(tmp_path: Path, name: str, message: str) -> None:
    create(tmp_path / "first", SEARCH)
    create(tmp_path / "second", SEARCH)
    with pytest.raises(RecsaeError, match=message):
        find_run(name, tmp_path)


def test_a_storage_without_runs_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match="it has no runs"):
        find_run("a", tmp_path / "missing")


def test_a_path_that_is_no_run_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match=r"expected the folder of a run.*no search\.yaml"):
        find_run(tmp_path, tmp_path / "runs")


@pytest.mark.parametrize(
    ("option", "variable", "expected"),
    [
        (None, None, "cwd/runs"),
        (None, "env", "cwd/env"),
        ("mine", "env", "cwd/mine"),
        ("/abs/x", None, "/abs/x"),
        ("file:///abs/a%20b", None, "/abs/a b"),
        ("file://localhost/abs", None, "/abs"),
        ("~/x", None, "home/x"),
    ],
)
def test_storage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str | None,
    variable: str | None,
    expected: str,
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RECSAE_STORAGE", raising=False)
    if variable:
        monkeypatch.setenv("RECSAE_STORAGE", variable)
    assert storage_root(option) == tmp_path / expected


@pytest.mark.parametrize("option", ["ftp://bucket/x", "file://otherhost/x", "http://x"])
def test_a_storage_that_is_not_known_is_refused(option: str) -> None:
    with pytest.raises(RecsaeError, match="storage: expected a path, or s3://, gs:// or file:///"):
        storage_root(option)


def test_new_names_are_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.strftime", lambda _: "2026-11-23_153000")
    names = []
    for _ in range(3):
        names.append(new_run_name(tmp_path))
        create(tmp_path / names[-1], SEARCH)
    assert names == ["2026-11-23_153000", "2026-11-23_153000-2", "2026-11-23_153000-3"]
    assert run_names(tmp_path) == names
