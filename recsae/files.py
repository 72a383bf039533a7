"""Files and folders that are written whole or not at all, and hashes that name their content."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

from recsae.errors import RecsaeError, refusal

SOURCES = Path(__file__).parent
"""The folder of recsae's code."""


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part.

    When this returns, the new content survives a power cut.
    """
    make_folder(path.parent)
    data = content.encode() if isinstance(content, str) else content
    # In the same folder: a rename across file systems is a copy.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)  # mkstemp's 0600 would hide a shared run from one's colleagues
        Path(name).replace(path)
        sync(path.parent)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        _name(error, path)
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a folder to fill; it takes its place at `path` only when the block ends well.

    From then on it survives a power cut, with all that is in it.
    """
    make_folder(path.parent)
    part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield part
        _open_to_all(part)
        if path.exists():
            shutil.rmtree(path)
        put_in_place(part, path)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        _name(error, path)
        raise


def make_folder(path: Path) -> None:
    """Make a folder that is missing, and those around it, to survive a power cut."""
    # A folder survives a power cut once the folder around it is synced.
    missing = list(takewhile(lambda folder: not folder.exists(), (path, *path.parents)))
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync(folder.parent)


def put_in_place(part: Path, path: Path) -> None:
    """Rename a folder that is complete, to survive a power cut under its new name."""
    for inner in (part, *part.rglob("*")):
        sync(inner)
    part.rename(path)
    sync(path.parent)


def move_folder(source: Path, target: Path) -> None:
    """Rename a folder, to survive a power cut, in place of what an interrupted copy left there.

    Raises FileNotFoundError.
    """
    if source.is_dir() and target.exists():
        shutil.rmtree(target)
    source.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Wait until the disk has a file's content, or a folder's names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """Tell whether a process holds a lock file; it may be read-only for this one."""
    try:
        with path.open("rb") as file:
            # Shared: two that ask at once are not in each other's way.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _open_to_all(folder: Path) -> None:
    """Let colleagues read what a library, or mkdtemp, made for its owner alone."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _name(error: BaseException, path: Path) -> None:
    """Say where a disk was full: the error of a write names no file."""
    if isinstance(error, OSError) and error.errno and error.filename is None:
        error.filename = str(path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error of the disk in the block say where it was."""
    try:
        yield
    except OSError as error:
        _name(error, path)
        raise


@contextmanager
def whole(entry: Path) -> Iterator[None]:
    """Tell whatever breaks while the block reads `entry`, which recsae wrote, as RecsaeError."""
    try:
        yield
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = refusal(error) or " ".join(str(error).split())
        reason = f"no key {reason}" if isinstance(error, KeyError) else reason
        raise RecsaeError(
            f"{entry}: damaged ({reason}); delete it, and recsae makes it again"
        ) from None


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON, whole."""
    write_whole(path, json_text(value))


def json_text(value: Any) -> str:
    """Return a value as the text that `write_json` writes."""
    return json.dumps(value, indent=2, allow_nan=True) + "\n"


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text())


def digest(*parts: Any) -> str:
    """Return a 16-digit name for the content of `parts`: arrays, or values that JSON can hold."""
    import numpy as np  # not above: help and mistakes are told without it

    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype.str}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).tobytes())
        else:
            total.update(json.dumps(part, sort_keys=True).encode())
        total.update(b"\0")
    return total.hexdigest()[:16]


def content_digest(content: bytes) -> str:
    """Return a 16-digit name for the bytes of a file."""
    return hashlib.sha256(content).hexdigest()[:16]


def code_digest(*rooms: str) -> str:
    """Return a name for the code of some rooms of recsae: folders and modules, or patterns of both.

    Name whole rooms: a list of the files that count is out of date with the next file.
    """
    found = {room: sorted(SOURCES.glob(room)) for room in rooms}
    assert all(found.values()), f"no room of a name in {found}"
    return source_digest(*(path for paths in found.values() for path in paths))


def source_digest(*paths: Path) -> str:
    """Return a name for the code in `paths` (files, or folders of Python files)."""
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) or [path])]
    return digest(*[[file.name, file.read_text()] for file in files])
