"""The process that searches in a run: others see that it lives, and may ask it to stop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
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

_LOOKED_AT_SECONDS: Final = 0.5
"""A reader holds the lock for a moment while it looks whether somebody has it."""
_EVERY_SECONDS: Final = 0.2


@contextmanager
def driving(path: Path) -> Iterator[None]:
    """Hold a run while the block searches in it; no request to stop is left at its end."""
    lock = FileLock(path / Files.DRIVER)
    try:
        lock.acquire(timeout=_LOOKED_AT_SECONDS)
    except Timeout:
        # Who has it may still search: the journal then tells who that is.
        yield
        return
    try:
        _take_back(path)
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
    for file in _requests(path):
        if file.parent.is_dir():
            file.touch()
    ends = time.monotonic() + wait_seconds
    while is_running(path) and time.monotonic() < ends:
        time.sleep(_EVERY_SECONDS)
    return {
        "run": path.name,
        "stopped": not is_running(path),
        "trials": state_counts(load_results(path).trials),
        "resume": resume_command(path),
    }


def _requests(path: Path) -> tuple[Path, Path]:
    """Return the files by which a search, and the training of its finalists, are asked to stop."""
    return path / Files.STOP, path / FINALISTS / Files.STOP


def _take_back(path: Path) -> None:
    for file in _requests(path):
        file.unlink(missing_ok=True)
