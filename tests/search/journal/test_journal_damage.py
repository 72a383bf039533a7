"""What becomes of a journal that was cut, edited or lost in part: a prefix, or an error."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.search.journal import journal as journals
from recsae.search.journal.journal import Journal, JournalError, events_of

TOTAL = 9


@pytest.fixture(autouse=True, scope="module")
def no_sync() -> Iterator[None]:
    """Spare the disk: no power is cut here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        yield


def write(run: Path, first: int, last: int) -> None:
    with Journal.open(run) as journal:
        for n in range(first, last):
            journal.append({"n": n, "value": n / 7})


def numbers(run: Path) -> list[int]:
    return [event["n"] for event in events_of(run)]


def segment(run: Path, number: int) -> Path:
    return run / "journal" / f"{number:06d}.jsonl"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine events: two sealed segments, one torn by a kill, one of a driver that did nothing."""
    run = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journals, "SEGMENT_EVENTS", 2)
        write(run, 0, 5)  # segments 1, 2, 3
    torn = segment(run, 3)
    torn.write_bytes(torn.read_bytes() + b'{"sum":"0123')
    write(run, 5, 5)  # 4
    write(run, 5, TOTAL)  # 5
    assert numbers(run) == list(range(TOTAL))
    return run


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def changed(whole: Path, tmp_path_factory: pytest.TempPathFactory, number: int, to: bytes) -> Path:
    run = Path(shutil.copytree(whole, tmp_path_factory.mktemp("changed") / "run"))
    segment(run, number).write_bytes(to)
    return run


def test_the_last_segment_cut_at_any_byte_is_a_prefix_that_goes_on(
    whole: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = segment(whole, 5).read_bytes()
    for cut in range(len(content)):
        run = changed(whole, tmp_path_factory, 5, content[:cut])
        lines = content[:cut].count(b"\n")
        expected = list(range(5 + max(0, lines - 1)))
        assert numbers(run) == expected
        with Journal.open(run) as journal:
            torn = not content[:cut].endswith(b"\n")
            message = f"{segment(run, 5)}: its last line is torn, as a kill leaves it: dropped"
            assert journal.notes == ([message] if torn else [])
            journal.append({"n": -1})
        assert numbers(run) == [*expected, -1]
        with Journal.open(run) as journal:
            assert journal.notes == []  # it was told once


@given(st.data())
def test_any_byte_changed_in_a_line_that_counts_is_told_with_its_segment(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, 5))
    content = bytearray(segment(whole, number).read_bytes())
    counted = content.rindex(b"\n") + 1
    place = data.draw(st.integers(0, counted - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    run = changed(whole, tmp_path_factory, number, bytes(content))
    if number == 5 and place == counted - 1:
        assert numbers(run) == list(range(TOTAL - 1))  # as if the last line were torn
        return
    for read in (numbers, Journal.open):
        with pytest.raises(JournalError, match=rf"{number:06d}\.jsonl"):
            read(run)


@given(st.data())
def test_a_segment_cut_in_the_middle_is_told(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, 4))
    content = segment(whole, number).read_bytes()
    cut = data.draw(st.integers(0, content.rindex(b"\n")))
    run = changed(whole, tmp_path_factory, number, content[:cut])
    with pytest.raises(JournalError, match=rf"{number:06d}\.jsonl"):
        numbers(run)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_missing_segment_is_told(run: Path, number: int) -> None:
    segment(run, number).unlink()
    message = rf"^{segment(run, number)}: missing, but {number + 1:06d}\.jsonl is there$"
    with pytest.raises(JournalError, match=message):
        numbers(run)


def test_an_edited_line_is_told_with_its_number(run: Path) -> None:
    lines = segment(run, 5).read_text().splitlines(keepends=True)
    lines[2] = lines[2].replace('"n":6,"value"', '"n":6,"valeu"')
    segment(run, 5).write_text("".join(lines))
    with pytest.raises(JournalError) as caught:
        numbers(run)
    assert str(caught.value) == f"{segment(run, 5)}:3: damaged: its checksum does not fit"


def moved(lines: list[str], change: str) -> list[str]:
    return {
        "left out": [*lines[:1], *lines[2:]],
        "twice": [*lines[:2], *lines[1:]],
        "swapped": [lines[0], lines[2], lines[1], *lines[3:]],
    }[change]


@pytest.mark.parametrize("change", ["left out", "twice", "swapped"])
def test_lines_that_moved_are_told(run: Path, change: str) -> None:
    lines = segment(run, 5).read_text().splitlines(keepends=True)
    segment(run, 5).write_text("".join(moved(lines, change)))
    with pytest.raises(JournalError, match=r"000005\.jsonl:[23]: damaged"):
        numbers(run)


def test_a_segment_of_another_run_is_told(run: Path, tmp_path: Path) -> None:
    write(tmp_path / "other", 0, 1)
    write(tmp_path / "other", 1, 2)
    for number in (1, 2):
        shutil.copy(segment(tmp_path / "other", number), segment(run, number))
    with pytest.raises(JournalError, match=r"00000[23]\.jsonl"):
        numbers(run)


def test_lines_that_a_lost_driver_wrote_later_are_told(run: Path) -> None:
    late = segment(run, 3)
    late.write_bytes(late.read_bytes() + b'"}\n')
    with pytest.raises(JournalError, match=r"000003\.jsonl:3: has 3 lines, but .* counts 2"):
        numbers(run)


def test_a_damaged_journal_is_not_locked(run: Path) -> None:
    good = segment(run, 2).read_bytes()
    segment(run, 2).write_bytes(b"")
    with pytest.raises(JournalError):
        Journal.open(run)
    segment(run, 2).write_bytes(good)
    with Journal.open(run) as journal:
        assert len(list(journal.past())) == TOTAL


def test_other_files_in_the_folder_do_not_count(run: Path) -> None:
    for name in ("notes.txt", "x000001.jsonl", ".000007.jsonl.tmp"):
        (run / "journal" / name).write_text("mine")
    assert numbers(run) == list(range(TOTAL))
