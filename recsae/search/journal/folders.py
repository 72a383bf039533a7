"""Where the segments of a journal lie: a folder of this machine's file system, or an object store.

Both make a segment only if nobody else has made it, so two drivers never write one journal.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path
from typing import ClassVar, Final, Protocol

from filelock import FileLock, Timeout

from recsae.files import make_folder, naming, sync
from recsae.search.journal.segments import JournalError, parsed
from recsae.storage.addresses import address_of
from recsae.storage.keepers import lease_of
from recsae.storage.places import place_at

FOLDER: Final = "journal"
_NAME: Final = re.compile(r"(\d{6,})\.jsonl")
_AT_ONCE: Final = 64

File = tuple[int, str, bytes]
"""A segment's number, its file as messages call it, and its content."""


class SegmentTakenError(JournalError):
    """Another driver has made the segment of a number."""


class Folder(Protocol):
    """What a journal needs of a place."""

    appends: ClassVar[bool]
    """False: a segment is complete when it is created."""
    token: int | None
    """What tells its driver from others; None where a lock does."""

    @property
    def words(self) -> str:
        """Where it is, as messages call it."""

    def lock(self) -> None:
        """Raise JournalError if another driver writes here; from now on it would meet that."""

    def numbers(self) -> list[int]:
        """Return the numbers of the segments; raises JournalError if one is missing."""

    def files(self, numbers: Sequence[int]) -> Iterator[File]:
        """Return some of the segments."""

    def create(self, number: int, content: bytes) -> None:
        """Make a segment, the one to append to; JournalError if there is one of this number."""

    def append(self, line: bytes) -> None:
        """Write a line more; it survives a kill and a power cut when this returns."""

    @property
    def sound(self) -> bool:
        """False if the last line was not written whole, so that none may follow it."""

    def close(self) -> None:
        """Let others write here."""


def folder_of(run: Path | str) -> Folder:
    """Return the place of a run's journal, which for the copy of a run is in its bucket."""
    address = str(run).rstrip("/") if "://" in str(run) else address_of(Path(run))
    if address is None:
        return LocalFolder(Path(run) / FOLDER)
    return RemoteFolder(f"{address}/{FOLDER}")


class LocalFolder:
    """Segments as files, and a lock that dies with its process."""

    appends: ClassVar[bool] = True
    token: int | None = None

    def __init__(self, path: Path) -> None:
        self._path, self.words = path, str(path)
        # thread_local=False: it is taken in one thread and may be given back in another.
        self._lock = FileLock(path / "lock", timeout=0, thread_local=False)
        self._file: FileIO | None = None
        self.sound = True

    def lock(self) -> None:
        """Take the lock."""
        make_folder(self._path)
        try:
            self._lock.acquire()
        except Timeout:
            raise _taken(str(self._path), self.files(self.numbers()[-1:])) from None

    def numbers(self) -> list[int]:
        """Return the numbers of the files."""
        names = [path.name for path in self._path.iterdir()] if self._path.is_dir() else []
        return _complete(names, str(self._path))

    def files(self, numbers: Sequence[int]) -> Iterator[File]:
        """Read one after the other."""
        for number in numbers:
            path = self._path / _name(number)
            yield number, str(path), path.read_bytes()

    def create(self, number: int, content: bytes) -> None:
        """Seal the segment before, if one is open, and make the next."""
        self._seal()
        path = self._path / _name(number)
        try:
            with naming(path):
                # x: it must be new, also on a network file system where the lock does not reach.
                self._file = path.open("xb", buffering=0)
        except FileExistsError:
            raise _taken(str(path), self.files([number])) from None
        try:
            self.append(content)
        except OSError:
            path.unlink()  # else the next try would meet it
            raise
        sync(self._path)  # else a power cut may forget the file's name

    def append(self, line: bytes) -> None:
        """Write a line; what a full disk leaves of it is a torn one, and the segment ends."""
        assert self._file is not None
        with naming(Path(self._file.name)):
            self.sound = False
            rest = line
            while rest:
                # An unbuffered write may take only a part.
                rest = rest[self._file.write(rest) :]
            self.sound = True
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Seal the open segment, and give the lock back."""
        try:
            self._seal()
        finally:
            self._lock.release()

    def _seal(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class RemoteFolder:
    """Segments as objects of a bucket; `create`, which puts on condition, keeps drivers apart."""

    appends: ClassVar[bool] = False
    sound = True

    def __init__(self, address: str) -> None:
        self.words = address
        self._place = place_at(address)
        lease = lease_of(address)
        self.token = None if lease is None else lease.token

    def lock(self) -> None:
        """Raise if another driver has taken the run over from this process."""
        lease = lease_of(self.words)
        if lease is not None:
            lease.check()

    def numbers(self) -> list[int]:
        """Return the numbers of the objects."""
        return _complete(self._place.entries(), self.words)

    def files(self, numbers: Sequence[int]) -> Iterator[File]:
        """Read some at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for first in range(0, len(numbers), _AT_ONCE):
                some = numbers[first : first + _AT_ONCE]
                contents = pool.map(self._place.read, map(_name, some))
                for number, content in zip(some, contents, strict=True):
                    yield number, self._file(number), content

    def create(self, number: int, content: bytes) -> None:
        """Put an object that must be new, or be our own: then its answer alone did not come."""
        if self._place.create(_name(number), content) is None:
            raise SegmentTakenError(str(_taken(self._file(number), self.files([number]))))

    def append(self, line: bytes) -> None:
        """Fail: nothing can be appended here."""
        raise AssertionError("an object cannot grow")

    def close(self) -> None:
        """Do nothing."""

    def _file(self, number: int) -> str:
        return f"{self.words}/{_name(number)}"


def _name(number: int) -> str:
    return f"{number:06d}.jsonl"


def _complete(names: Iterable[str], folder: str) -> list[int]:
    numbers = sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))
    for expected, number in enumerate(numbers, 1):
        if number != expected:
            raise JournalError(f"{folder}/{_name(expected)}: missing, but {_name(number)} is there")
    return numbers


def _taken(place: str, newest: Iterable[File]) -> JournalError:
    """Return the error for a journal that another driver writes, as its newest segment says."""
    segments = [parsed(*file) for file in newest]
    writer = segments[0].writer if segments and segments[0] else "another process"
    return JournalError(f"{place}: {writer} is searching in this run; wait for it, or stop it")
