"""The copy of a run on a machine: what is there comes here, what is changed here goes there."""

from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from recsae.errors import RecsaeError
from recsae.storage.copies import Copy, publish, refresh
from recsae.storage.leases import TakenError, acquire
from recsae.storage.objects import Place
from recsae.storage.places import place_at


@pytest.fixture
def copies(place: Place, tmp_path: Path) -> list[Copy]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return [Copy(tmp_path / "one", place), Copy(tmp_path / "two", place)]


def content(copy: Copy) -> dict[str, str]:
    files = [file for file in copy.folder.rglob("*") if file.is_file()]
    named = {file.relative_to(copy.folder).as_posix(): file.read_text() for file in files}
    return {name: text for name, text in named.items() if not name.startswith(".")}


def write(copy: Copy, name: str, text: str) -> None:
    file = copy.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_two_machines_see_the_same(copies: list[Copy]) -> None:
    one, two = copies
    write(one, "search.yaml", "a")
    write(one, "best/3/model", "m")
    write(one, ".models/3", "no part of it")
    write(one, "journal/1", "nor this")
    one.push()
    two.pull()
    assert content(two) == {"search.yaml": "a", "best/3/model": "m"}
    write(two, "search.yaml", "b")
    (two.folder / "best/3/model").unlink()
    two.push()
    one.pull()
    assert content(one) == {"search.yaml": "b", "journal/1": "nor this"}


def test_a_copy_may_be_deleted(copies: list[Copy]) -> None:
    write(copies[0], "search.yaml", "a")
    copies[0].push()
    copies[1].pull()
    for file in copies[1].folder.iterdir():
        file.unlink()
    copies[1].pull()
    assert content(copies[1]) == {"search.yaml": "a"}


def test_what_a_dead_driver_left_unpushed_is_not_the_runs(copies: list[Copy]) -> None:
    write(copies[0], "search.yaml", "a")
    copies[0].push()
    write(copies[0], "search.yaml", "half")
    write(copies[0], "best/9/model", "m")
    copies[0].pull()
    assert content(copies[0]) == {"search.yaml": "a"}


def test_where_a_driver_writes_there_is_nothing_to_take(copies: list[Copy]) -> None:
    one, two = copies
    write(one, "search.yaml", "a")
    one.push()
    two.pull()
    write(one, "search.yaml", "ahead")
    write(two, "search.yaml", "elsewhere")
    two.push()
    with FileLock(one.folder / ".driver.lock"):
        one.pull()
        assert content(one) == {"search.yaml": "ahead"}
    one.pull()
    assert content(one) == {"search.yaml": "elsewhere"}


def test_the_driver_overwrites_what_its_predecessor_wrote_late(copies: list[Copy]) -> None:
    one, two = copies
    write(one, "results.parquet", "1")
    one.push()
    lease = acquire(two.place)
    two.pull(driving=True)
    write(one, "results.parquet", "late")
    write(one, "best/8/model", "late")
    one.push()
    write(two, "results.parquet", "2")
    two.push(lease)
    assert two.place.read("results.parquet") == b"2"
    two.push(lease, whole=True)
    one.pull()
    assert content(one) == {"results.parquet": "2"}


def test_a_driver_that_was_taken_over_does_not_push(copies: list[Copy]) -> None:
    one, two = copies
    write(one, "results.parquet", "1")
    one.push()
    lease = acquire(one.place)
    lease.release()
    acquire(two.place)
    two.pull()
    write(two, "results.parquet", "2")
    two.push()
    write(one, "results.parquet", "stale")
    with pytest.raises(TakenError):
        one.push(lease)
    assert one.place.read("results.parquet") == b"2"


def test_light_copies_leave_out_models_and_pages(copies: list[Copy]) -> None:
    light = ("results.parquet", "best/1/metrics.json")
    for name in (*light, "best/1/model.safetensors", "report.html"):
        write(copies[0], name, name)
    copies[0].push()
    copies[1].pull(heavy=False)
    assert set(content(copies[1])) == set(light)
    copies[1].pull()
    assert len(content(copies[1])) == 4


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "a\\b", "a\nb"])
def test_a_name_that_leads_out_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_at(tmp_path)
    monkeypatch.setattr(place, "entries", lambda prefix="": {name: None})
    with pytest.raises(RecsaeError, match="leads out of its run"):
        Copy(tmp_path / "copy", place).pull()


def test_a_folder_that_is_no_copy_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("1")
    refresh(tmp_path)
    publish(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


def test_a_run_that_is_nowhere_leaves_no_folder(stores: Any, machine: Path) -> None:
    refresh(machine / "remote" / "s3" / "bucket" / "runs" / "x")
    assert not machine.exists()
