"""The journal of a search: what was appended comes back, whoever was killed in between."""

import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_buckets import Faulty, in_memory

from recsae.search.journal import folders
from recsae.search.journal import journal as journals
from recsae.search.journal.journal import Journal, JournalError, events_of

FLOATS = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([-0.0, 5e-324, 0.1])
PLAIN = st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)
EVENTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), max_size=8)


def same(one: Any, other: Any) -> bool:
    """Compare bit for bit: -0.0 is not 0.0, NaN is NaN, 1 is not 1.0 or True."""
    return repr(one) == repr(other)


@pytest.fixture
def stores() -> Iterator[dict[str, Faulty]]:
    with in_memory() as made:
        yield made


@pytest.fixture
def address(stores: dict[str, Faulty]) -> str:
    return "s3://bucket/runs/run"


@pytest.fixture(params=["folder", "store"])
def run(request: pytest.FixtureRequest, tmp_path: Path, address: str) -> Path | str:
    return tmp_path if request.param == "folder" else address


def kept(run: Path | str, *parts: list[Any]) -> list[Any]:
    """Append each part by a driver of its own; return what a further reader finds."""
    for part in parts:
        with Journal.open(run) as journal:
            for event in part:
                journal.append(event)
    return list(events_of(run))


@given(st.lists(EVENTS, max_size=3))
def test_any_events_survive(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[dict[str, Any]]]
) -> None:
    events = [event for part in parts for event in part]
    with pytest.MonkeyPatch.context() as patch, in_memory():
        patch.setattr(os, "fsync", lambda handle: None)  # no power is cut here
        for run in (tmp_path_factory.mktemp("run"), "s3://bucket/run"):
            assert same(kept(run, *parts), events)


def test_a_driver_sees_what_earlier_ones_did(run: Path | str) -> None:
    kept(run, [{"n": 0}, {"n": 1}])
    with Journal.open(run) as journal:
        journal.append({"n": 2})
        assert list(journal.past()) == [{"n": 0}, {"n": 1}]
        assert journal.notes == []
    assert [event["n"] for event in events_of(run)] == [0, 1, 2]


def test_a_run_without_a_journal_has_no_events(run: Path | str) -> None:
    assert list(events_of(run)) == []


def test_an_event_is_in_the_file_before_the_driver_goes_on(run: Path | str) -> None:
    with Journal.open(run) as journal:
        for n in range(3):
            journal.append({"n": n})
            assert [event["n"] for event in events_of(run)] == list(range(n + 1))


def test_metrics_that_are_no_numbers_survive(run: Path | str) -> None:
    (event,) = kept(run, [{"a": math.nan, "b": math.inf, "c": -math.inf, "d": None}])
    assert math.isnan(event["a"])
    assert (event["b"], event["c"], event["d"]) == (math.inf, -math.inf, None)


def test_what_json_cannot_hold_is_refused_and_leaves_nothing(run: Path | str) -> None:
    with Journal.open(run) as journal:
        with pytest.raises(TypeError):
            journal.append({"path": Path("x")})
        journal.append({"n": 0})
    assert list(events_of(run)) == [{"n": 0}]


def test_a_segment_is_sealed_when_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "SEGMENT_EVENTS", 3)
    events = [{"n": n} for n in range(8)]
    assert kept(tmp_path, events) == events
    folder = tmp_path / "journal"
    lines = [len(path.read_bytes().splitlines()) for path in sorted(folder.glob("*.jsonl"))]
    assert lines == [4, 4, 3]


def test_a_driver_never_writes_to_an_old_segment(tmp_path: Path) -> None:
    kept(tmp_path, [{"n": 0}])
    first = tmp_path / "journal" / "000001.jsonl"
    before = first.read_bytes()
    assert kept(tmp_path, [{"n": 1}], [], [{"n": 2}]) == [{"n": n} for n in range(3)]
    assert first.read_bytes() == before
    names = sorted(path.name for path in (tmp_path / "journal").glob("*.jsonl"))
    assert names == [f"00000{n}.jsonl" for n in (1, 2, 3, 4)]


def test_what_the_disk_did_not_take_harms_nothing_that_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.open(tmp_path) as journal:
        journal.append({"n": 0})
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("no disk")))
            with pytest.raises(OSError, match="no disk"):
                journal.append({"n": 1})
        journal.append({"n": 2})
    assert list(events_of(tmp_path)) == [{"n": n} for n in range(3)]


def test_in_a_store_each_event_is_an_object(address: str) -> None:
    assert kept(address, [{"n": 0}, {"n": 1}], [{"n": 2}]) == [{"n": n} for n in range(3)]
    assert folders.folder_of(address).numbers() == [1, 2, 3, 4, 5]


def test_a_second_driver_is_told_who_the_first_one_is(tmp_path: Path) -> None:
    me = f"process {os.getpid()} on {socket.gethostname()} is searching in this run"
    with Journal.open(tmp_path), pytest.raises(JournalError) as caught:
        Journal.open(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'journal'}: {me}; wait for it, or stop it"
    assert kept(tmp_path, [{"n": 0}]) == [{"n": 0}]  # the lock is free again


def test_in_a_store_the_first_driver_stops_when_a_second_one_begins(address: str) -> None:
    with Journal.open(address) as one:
        one.append({"by": "one"})
        with Journal.open(address) as two:
            with pytest.raises(JournalError, match=rf"^{address}/journal/000003.jsonl: process"):
                one.append({"by": "one"})
            two.append({"by": "two"})
    assert list(events_of(address)) == [{"by": "one"}, {"by": "two"}]


def test_a_put_whose_answer_was_lost_is_ours(address: str, stores: dict[str, Faulty]) -> None:
    with Journal.open(address) as journal:
        stores["s3://bucket"].lost = 1
        journal.append({"n": 0})
    assert list(events_of(address)) == [{"n": 0}]


def test_after_a_full_disk_the_journal_goes_on_in_a_new_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.open(tmp_path) as journal:
        journal.append({"n": 0})
        file = journal._folder._file

        class Full:
            name = file.name

            def write(self, data: bytes) -> int:
                file.write(data[:7])
                raise OSError(28, "No space left on device")

            def close(self) -> None:
                file.close()

        journal._folder._file = Full()
        with pytest.raises(OSError, match="No space left") as caught:
            journal.append({"n": 1})
        assert caught.value.filename.endswith("000001.jsonl")
        journal.append({"n": 1})
    assert list(events_of(tmp_path)) == [{"n": 0}, {"n": 1}]


def kill_one(run: Path) -> int:
    """Kill a driver that appends as fast as it can; return how many events it was sure of."""
    code = (
        "import sys; from recsae.search.journal.journal import Journal\n"
        f"journal = Journal.open({str(run)!r})\n"
        "for n in range(10**9):\n"
        "    journal.append({'n': n, 'text': 'x' * 1000})\n"
        "    sys.stdout.write(f'{n}\\n'); sys.stdout.flush()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as driver:
        assert driver.stdout is not None
        for _ in range(50):
            driver.stdout.readline()
        driver.kill()
        return 50 + driver.stdout.read().count("\n")


def test_a_killed_driver_leaves_the_journal_free_and_whole(tmp_path: Path) -> None:
    sure = kill_one(tmp_path)
    with Journal.open(tmp_path) as journal:
        numbers = [event["n"] for event in journal.past()]
    assert numbers == list(range(len(numbers)))
    assert sure <= len(numbers)


def test_lines_are_plain_json(tmp_path: Path) -> None:
    kept(tmp_path, [{"kind": "asked", "name": "é"}])
    lines = (tmp_path / "journal" / "000001.jsonl").read_text("ascii").splitlines()
    header, event = map(json.loads, lines)
    assert header["header"]["process"] == os.getpid()
    assert (event["n"], event["event"]) == (0, {"kind": "asked", "name": "é"})
