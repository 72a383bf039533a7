"""The process that searches in a run: others see that it lives, and may ask it to stop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from recsae.errors import RecsaeError
from recsae.results import (
    Files,
    find_run,
    is_running,
    load_results,
    resume_command,
    state_counts,
    storage_root,
)
from recsae.search.finalists import FOLDER as FINALISTS
from recsae.storage.copies import copy_at, refresh
from recsae.storage.keepers import keeping
from recsae.storage.leases import acquire

_LOOKED_AT_SECONDS: Final = 0.5
"""A reader holds the lock for a moment while it looks whether somebody has it."""
_EVERY_SECONDS: Final = 0.2


@contextmanager
def driving(path: Path, *, new: bool = False) -> Iterator[None]:
    """Hold a run while the block searches in it; no request to stop is left at its end.

    new: nobody may have searched in it before. Raises RecsaeError for a run in a bucket that
    another driver has.
    """
    lock, copy = FileLock(path / Files.DRIVER), copy_at(path)
    try:
        lock.acquire(timeout=_LOOKED_AT_SECONDS)
    except Timeout:
        # Who has it may still search: the journal then tells who that is.
        if copy is not None:
            acquire(copy.place).release()
            raise RecsaeError(f"{copy.place.address}: another process searches here") from None
        yield
        return
    try:
        _take_back(path)
        if copy is None:
            yield
        else:
            with keeping(copy, partial(_ask, path), new=new):
                yield
    finally:
        _take_back(path)
        lock.release()


def stop(run: str, *, storage: str | None, wait_seconds: float) -> dict[str, Any]:
    """Ask the process that searches in a run to stop, and wait for its end.

    Raises RecsaeError if nobody searches in the run.
    """
    path = find_run(run, storage_root(storage))
    if not is_running(path):
        raise RecsaeError(f"{path.name}: nobody searches in it; it has stopped already")
    _ask(path)
    copy = copy_at(path)
    if copy is not None:
        copy.place.write(Files.STOP, b"")
    ends = time.monotonic() + wait_seconds
    while is_running(path) and time.monotonic() < ends:
        time.sleep(_EVERY_SECONDS)
    refresh(path)
    return {
        "run": path.name,
        "stopped": not is_running(path),
        "trials": state_counts(load_results(path).trials),
        "resume": resume_command(path),
    }


def _ask(path: Path) -> None:
    for file in _requests(path):
        if file.parent.is_dir():
            file.touch()


def _requests(path: Path) -> tuple[Path, Path]:
    """Return the files by which a search, and the training of its finalists, are asked to stop."""
    return path / Files.STOP, path / FINALISTS / Files.STOP


def _take_back(path: Path) -> None:
    for file in _requests(path):
        file.unlink(missing_ok=True)
