"""What is computed once: by one of many, whole, and copied to each machine once."""

import multiprocessing
from pathlib import Path

import pytest

from recsae.cache import Cache, cache_root
from recsae.errors import RecsaeError


def _build(folder: Path) -> None:
    (folder / "content").write_text("made")


def test_an_entry_is_built_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.find("bases", "x") is None
    folder, built = cache.get("bases", "x", _build)
    assert built and (folder / "content").read_text() == "made"
    assert cache.get("bases", "x", _build) == (folder, False)
    assert cache.find("bases", "x") == folder


def test_a_failed_build_leaves_no_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    def fail(folder: Path) -> None:
        (folder / "half").write_text("…")
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        cache.get("bases", "x", fail)
    assert cache.find("bases", "x") is None
    assert cache.get("bases", "x", _build)[1]


def test_machines_share_an_entry_and_keep_a_copy(tmp_path: Path) -> None:
    here, there = (Cache(tmp_path / name, tmp_path / "shared") for name in ("here", "there"))
    folder, built = here.get("bases", "x", _build)
    assert built and folder == tmp_path / "here" / "bases" / "x"
    other, built = there.get("bases", "x", _build)
    assert not built and other == tmp_path / "there" / "bases" / "x"
    assert (other / "content").read_text() == "made"


def test_what_one_machine_had_before_is_shared_with_the_others(tmp_path: Path) -> None:
    Cache(tmp_path / "here").get("bases", "x", _build)
    here, there = (Cache(tmp_path / name, tmp_path / "shared") for name in ("here", "there"))
    assert not here.get("bases", "x", _build)[1]
    assert there.find("bases", "x") is not None


def _ask(root: Path, ready: "multiprocessing.synchronize.Barrier", count: Path) -> None:
    def build(folder: Path) -> None:
        with count.open("a") as file:
            file.write("built\n")
        _build(folder)

    ready.wait()
    Cache(root).get("bases", "x", build)


def test_processes_that_ask_at_once_build_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(3)
    count = tmp_path / "count"
    jobs = [context.Process(target=_ask, args=(tmp_path, ready, count)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0, 0, 0]
    assert count.read_text() == "built\n"


def test_the_root_is_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
    monkeypatch.setenv("RECSAE_CACHE", "")
    assert cache_root() == Path.home() / ".cache" / "recsae"


def test_a_name_stands_for_one_entry_as_long_as_it_is_there(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    one, other = (cache.get("bases", key, lambda folder: None)[0] for key in ("one", "other"))
    assert cache.named("mine") is None and cache.names() == {}
    cache.give_name("mine", "bases", "one")
    cache.give_name("mine", "bases", "one")
    assert cache.named("mine") == one and cache.names() == {"mine": one}
    with pytest.raises(RecsaeError, match=r"--name: 'mine' is taken, by .*one; take another, or"):
        cache.give_name("mine", "bases", "other")
    one.rmdir()
    assert cache.named("mine") is None and cache.names() == {}
    cache.give_name("mine", "bases", "other")
    assert cache.named("mine") == other
