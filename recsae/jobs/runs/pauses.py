"""A search that a fault of the machine stops: one line says what helps, and how to go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from recsae.errors import DISK, HANDLES, MEMORY, STORAGE, PausedError, machine_fault, refusal

LEAST_MEGABYTES: Final = 20


@contextmanager
def paused_by_faults(path: Path) -> Iterator[None]:
    """Tell a fault of the machine in the block as PausedError: the run at `path` can go on."""
    try:
        yield
    except Exception as error:
        fault = machine_fault(error)
        if not fault:
            raise
        help_ = _remedy(fault, path)
        words = f"{refusal(error) or error}: {path.name} is paused, nothing is lost"
        raise PausedError(f"{words}: {help_} recsae tune --resume {path.name}", fault) from None


def _remedy(fault: str, path: Path) -> str:
    return {
        DISK: f"free {megabytes(path)} MB, then",
        HANDLES: "allow more open files (ulimit -n), then",
        MEMORY: "free memory, then",
        STORAGE: "once the storage answers:",
    }.get(fault, "to go on:")


def megabytes(path: Path) -> int:
    """Return how much room to make for a run that goes on: as much again as it takes now."""
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return max(LEAST_MEGABYTES, -(-size // 1_000_000))
