"""The copy of a run on this machine: pulled from its bucket before it is read, pushed after writes.

A file counts as changed here when its state differs from the one noted when it was last the
bucket's, and as changed there when its tag does. Names that begin with a dot, and the journal, are
no part of the copy.
"""

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from filelock import FileLock

from recsae.errors import RecsaeError
from recsae.files import is_locked, write_whole
from recsae.storage.addresses import address_of
from recsae.storage.leases import Lease
from recsae.storage.objects import Entry, Place, entry_of
from recsae.storage.places import place_at

_NOTED: Final = ".remote.json"
_LOCK: Final = ".remote.lock"
_DRIVER: Final = ".driver.lock"
"""The lock of the driver that writes to the copy; the copy then is ahead of the bucket."""
_JOURNAL: Final = "journal"
_AT_ONCE: Final = 16
_TRIES: Final = 3
_FIRST, _LAST = ("best",), ("results.parquet", "search.yaml")
"""Models before the rows that call them best, and what makes a folder a run at the very end."""
_HEAVY: Final = (".safetensors", ".html", ".log")
_BOARD: Final = "tensorboard"


class Noted(NamedTuple):
    """A file when it was last the same here and there."""

    there: str
    here: str


class Copy:
    """A folder of this machine, and the place whose copy it is."""

    def __init__(self, folder: Path, place: Place) -> None:
        self.folder, self.place = folder, place

    def pull(self, *, driving: bool = False, heavy: bool = True) -> None:
        """Take in what has changed there; where a driver writes here, there is nothing to take.

        heavy: also models and pages. driving: it is this process that writes here.
        """
        if not driving and (is_locked(self.folder / _DRIVER) or not self._is_there()):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / _LOCK):
            for left in reversed(range(_TRIES)):
                try:
                    self._pull(driving, heavy)
                    break
                except FileNotFoundError:
                    # Deleted between the listing and the reading: a new listing tells.
                    if not left:
                        raise

    def push(self, lease: Lease | None = None, *, board: bool = True, whole: bool = False) -> None:
        """Put what has changed here, and delete there what was deleted here.

        lease: of the driver that does it; raises TakenError once that is another's. board: also
        the files of TensorBoard, which grow all the time. whole: compare with a listing, as after
        somebody else may have written there.
        """
        with FileLock(self.folder / _LOCK):
            noted = self._noted()
            if whole:
                there = self._listed()
                known = {name for name, one in noted.items() if name in there}
                same = {name for name in known if there[name].tag == noted[name].there}
                noted = {name: noted[name] for name in same}
                strange = there.keys() - self._files().keys() - same
            else:
                strange = set()
            files = self._files()
            changed = [n for n, f in files.items() if n not in noted or noted[n].here != _state(f)]
            gone = (noted.keys() - files.keys()) | strange
            for name in sorted(changed, key=_rank):
                if board or not name.startswith(_BOARD):
                    self._put(name, files[name], noted, lease)
            if gone:
                if lease is not None:
                    lease.check()
                self.place.delete(sorted(gone))
            self._note({n: one for n, one in noted.items() if n not in gone})

    def erase(self) -> None:
        """Delete everything there."""
        self.place.delete(sorted(self.place.entries(), key=_rank, reverse=True))

    def _pull(self, driving: bool, heavy: bool) -> None:
        there, noted, files = self._listed(), self._noted(), self._files()
        same = {
            name
            for name in files.keys() & noted.keys() & there.keys()
            if noted[name].there == there[name].tag
            # What a driver left here without pushing it is not the bucket's; ours will be.
            and (driving or noted[name].here == _state(files[name]))
        }
        wanted = [name for name in there.keys() - same if heavy or not _is_heavy(name)]

        def fetched(name: str) -> tuple[str, Noted]:
            write_whole(self.folder / name, self.place.read(name))
            # `runs` tells the age of a run by that of its files.
            os.utime(self.folder / name, (there[name].modified, there[name].modified))
            # Of the listing: should it be newer by now, the next pull takes it once more.
            return name, Noted(there[name].tag, _state(self.folder / name))

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            noted.update(pool.map(fetched, sorted(wanted, key=_rank)))
        for name in files.keys() - there.keys():
            if not driving or name in noted:
                (self.folder / name).unlink(missing_ok=True)
                with suppress(OSError):  # not empty
                    (self.folder / name).parent.rmdir()
        self._note({name: one for name, one in noted.items() if name in there})

    def _put(self, name: str, file: Path, noted: dict[str, Noted], lease: Lease | None) -> None:
        try:
            state, content = _state(file), file.read_bytes()
        except FileNotFoundError:
            return  # a model that is best no more
        tag = noted[name].there if name in noted else None
        while True:
            if tag is None:
                new = self.place.create(name, content)
            else:
                new = self.place.replace(name, content, tag)
            if new is not None:
                break
            # Somebody else has written it since: our predecessor, unless it is our successor.
            if lease is not None:
                lease.check()
            tag = self.place.tag(name)
        noted[name] = Noted(new, state)

    def _is_there(self) -> bool:
        return self.folder.exists() or bool(self._listed())

    def _listed(self) -> Mapping[str, Entry]:
        return {name: one for name, one in self.place.entries().items() if _belongs(name)}

    def _files(self) -> dict[str, Path]:
        names = {p.relative_to(self.folder).as_posix(): p for p in self.folder.rglob("*")}
        return {name: p for name, p in names.items() if _belongs(name) and p.is_file()}

    def _noted(self) -> dict[str, Noted]:
        try:
            told = json.loads((self.folder / _NOTED).read_text())
            return {name: Noted(*one) for name, one in told.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}  # then everything is compared anew

    def _note(self, noted: Mapping[str, Noted]) -> None:
        text = json.dumps(noted)
        file = self.folder / _NOTED
        if not file.is_file() or file.read_text() != text:
            write_whole(file, text)


def _belongs(name: str) -> bool:
    """Return True for the name of a file of the copy; raises RecsaeError for one that leads out."""
    parts = PurePosixPath(name).parts
    if ".." in parts or name.startswith("/") or not name.isprintable() or "\\" in name:
        raise RecsaeError(f"storage: {name!r} in a bucket leads out of its run")
    return _JOURNAL not in parts and not any(part.startswith(".") for part in parts)


def _state(file: Path) -> str:
    return entry_of(file).tag


def _is_heavy(name: str) -> bool:
    return name.endswith(_HEAVY) or name.startswith(_BOARD)


def _rank(name: str) -> tuple[int, str]:
    if name.startswith(_FIRST):
        return -1, name
    return (_LAST.index(name) + 1 if name in _LAST else 0), name


def copy_at(path: Path) -> Copy | None:
    """Return the copy that a run's folder is; None for one that is what it is."""
    address = address_of(path)
    return None if address is None else Copy(path, place_at(address))


def refresh(path: Path, *, heavy: bool = True) -> None:
    """Let a folder, if it is the copy of a run in a bucket, hold what is there now."""
    copy = copy_at(path)
    if copy is not None:
        copy.pull(heavy=heavy)


def publish(path: Path) -> None:
    """Let a bucket, if a folder is the copy of a run in one, hold what was changed here.

    While a driver writes here it is that driver who does it.
    """
    copy = copy_at(path)
    if copy is not None and not is_locked(path / _DRIVER):
        copy.push()
