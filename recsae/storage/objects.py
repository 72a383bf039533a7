"""The door to whatever holds objects under names: a folder, or a bucket.

A name is a relative path with "/". An object is written whole or not at all; it survives a power
cut once a call that writes it has returned.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from recsae.errors import UNREACHABLE
from recsae.files import make_folder, sync, write_whole


class Entry(NamedTuple):
    """What a listing tells of an object."""

    size: int
    tag: str
    """Differs where the content differs."""
    modified: float
    """Seconds since 1970, by the clock of whatever holds it."""


class Place(Protocol):
    """What holds objects; each call raises StorageError where it does not answer, or refuses."""

    @property
    def address(self) -> str:
        """Where it is, as messages call it."""

    def entries(self, prefix: str = "") -> dict[str, Entry]:
        """Return the objects whose names begin with a prefix, which ends with "/" or is empty."""

    def folders(self) -> list[str]:
        """Return the first parts of the names that have several."""

    def read(self, name: str) -> bytes:
        """Return an object's content; raises FileNotFoundError."""

    def write(self, name: str, content: bytes) -> None:
        """Put an object, in place of an earlier one."""

    def create(self, name: str, content: bytes) -> str | None:
        """Put an object if there is none of this name; return its tag, None if another is there.

        One of the same content is as good.
        """

    def replace(self, name: str, content: bytes, tag: str) -> str | None:
        """Put an object in place of the one that has a tag; return the new one, None as above."""

    def tag(self, name: str) -> str | None:
        """Return the tag of an object; None if there is none."""

    def upload(self, name: str, file: Path) -> None:
        """Put a file, of any size."""

    def download(self, name: str, file: Path) -> None:
        """Get an object of any size as a new file; raises FileNotFoundError."""

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects; those that are not there are deleted already."""


class StorageError(OSError):
    """A storage did not answer for long, or answered that it does not let us."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(UNREACHABLE, reason, address)

    def __reduce__(self) -> tuple[type["StorageError"], tuple[str, str]]:
        # It travels between Ray's processes.
        return StorageError, (str(self.filename), str(self.strerror))


class Folder:
    """A folder of this machine's file system as a place."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def address(self) -> str:
        """The path."""
        return str(self.path)

    def entries(self, prefix: str = "") -> dict[str, Entry]:
        """Return the files."""
        files = (file for file in (self.path / prefix).rglob("*") if file.is_file())
        return {file.relative_to(self.path).as_posix(): entry_of(file) for file in files}

    def folders(self) -> list[str]:
        """Return the folders."""
        return sorted(path.name for path in self.path.glob("*") if path.is_dir())

    def read(self, name: str) -> bytes:
        """Read a file."""
        return (self.path / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole."""
        write_whole(self.path / name, content)

    def create(self, name: str, content: bytes) -> str | None:
        """Link a whole file to the name, which fails if there is one."""
        path = self.path / name
        make_folder(path.parent)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            try:
                path.hardlink_to(part.name)
            except FileExistsError:
                return self.tag(name) if path.read_bytes() == content else None
        sync(path.parent)
        return self.tag(name)

    def replace(self, name: str, content: bytes, tag: str) -> str | None:
        """Write a file whole if it is still the one that has the tag."""
        if self.tag(name) != tag:
            return None
        self.write(name, content)
        return self.tag(name)

    def tag(self, name: str) -> str | None:
        """Return inode, time and size."""
        path = self.path / name
        return entry_of(path).tag if path.is_file() else None

    def upload(self, name: str, file: Path) -> None:
        """Copy a file."""
        make_folder((self.path / name).parent)
        shutil.copyfile(file, self.path / name)

    def download(self, name: str, file: Path) -> None:
        """Copy it."""
        shutil.copyfile(self.path / name, file)

    def delete(self, names: Iterable[str]) -> None:
        """Delete files."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)


def entry_of(file: Path) -> Entry:
    """Return what there is to tell of a file."""
    state = file.stat()
    tag = f"{state.st_ino}-{state.st_mtime_ns}-{state.st_size}"
    return Entry(state.st_size, tag, state.st_mtime)
