"""Which driver may write to a run: refused, taken over, told from its successor."""

import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from recsae.search.journal.journal import Journal, JournalError, events_of
from recsae.storage import leases
from recsae.storage.copies import Copy
from recsae.storage.keepers import keeping
from recsae.storage.leases import Driver, TakenError, acquire, is_driven
from recsae.storage.objects import Place
from recsae.storage.places import place_at


def beside(place: Place, **changes: Any) -> None:
    """Let another driver have the run: this process, but for some changes."""
    driver = replace(Driver.here(1), **changes)
    place.write(leases._name(driver.token), leases._content(driver))


def test_a_second_driver_is_refused_by_name_and_age_of_the_first(place: Place) -> None:
    beside(place, host="elsewhere", process=77, machine="other", since=Driver.here(1).since - 7200)
    with pytest.raises(TakenError, match=r"process 77 on elsewhere is .* for 2 h; .* 90 s"):
        acquire(place)
    assert is_driven(place)


def test_one_of_this_machine_that_lives_is_refused(place: Place) -> None:
    beside(place)
    with pytest.raises(TakenError, match="is searching in this run, for 0 s"):
        acquire(place)


def test_one_that_hangs_is_taken_over_after_its_lease(place: Place) -> None:
    beside(place, lease=-100.0)
    assert acquire(place).token == 2


def test_a_dead_one_of_this_machine_is_taken_over_at_once(place: Place) -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    beside(place, process=child.pid, born="12345")
    assert not is_driven(place)
    assert acquire(place).token == 2


def test_a_process_of_the_same_number_is_not_the_driver(place: Place) -> None:
    beside(place, born="1")
    assert acquire(place).token == 2


def test_one_of_another_host_is_taken_over_after_its_lease(place: Place) -> None:
    beside(place, machine="other", lease=0.0)
    assert acquire(place).token == 2


def test_a_run_that_was_given_back_is_free(place: Place) -> None:
    first = acquire(place)
    first.release()
    assert not is_driven(place)
    assert acquire(place).token == 2


def test_who_was_taken_over_learns_it(place: Place) -> None:
    first = acquire(place)
    first.renew()
    beside(place, token=2, host="elsewhere", process=5)
    with pytest.raises(TakenError, match="process 5 on elsewhere has taken the run over"):
        first.renew()


def test_a_stale_driver_commits_nothing(stores: Any, tmp_path: Path) -> None:
    """Its journal, its frames and its next journal are refused once a second one has begun."""
    address = "s3://bucket/runs/x"
    place = place_at(address)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with pytest.raises(TakenError), keeping(Copy(folders[0], place), lambda: None, new=True):
        stale = Journal.open(address)
        stale.append({"by": "one"})
        token_one = leases.newest_driver(place)
        assert token_one is not None
        place.write(leases._name(1), leases._content(replace(token_one, machine="m", lease=0.0)))
        successor = acquire(place)
        content, _ = _header_of(address, successor.token)
        assert place.create("journal/000003.jsonl", content)
        with pytest.raises(JournalError, match="000003"):
            stale.append({"by": "one again"})
        (folders[0] / "search.yaml").write_text("of one")
        with pytest.raises(TakenError):
            Journal.open(address)
    assert [event["by"] for event in events_of(address)] == ["one"]
    assert "search.yaml" not in place.entries()


def test_a_segment_of_an_earlier_driver_after_one_of_its_successor_is_damage(stores: Any) -> None:
    address = "s3://bucket/runs/x"
    place = place_at(f"{address}/journal")
    content, after = _header_of(address, 2)
    assert place.create("000001.jsonl", content)
    late, _ = after.header(2, 1)
    assert place.create("000002.jsonl", late)
    with pytest.raises(JournalError, match="of driver 1, after a segment of driver 2"):
        list(events_of(address))


def _header_of(address: str, token: int) -> Any:
    """Return the segment that a driver would begin with now."""
    from recsae.search.journal.folders import folder_of
    from recsae.search.journal.segments import Reader

    folder, reader = folder_of(address), Reader()
    numbers = folder.numbers()
    list(reader.events(folder.files(numbers)))
    return reader.end.header(len(numbers) + 1, token)


def test_what_a_driver_says_of_itself_comes_back(place: Place) -> None:
    lease = acquire(place)
    found = leases.newest_driver(place)
    assert found is not None and asdict(found) == asdict(lease.driver)
