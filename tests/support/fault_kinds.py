"""Faults of a machine on which one search runs, and which of its processes they hit."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MARK = "RECSAE_FAULT_CASE"
"""A variable that all processes of a case have inherited."""
TRIAL, RAYLET, GCS = "ray::", "raylet/raylet", "gcs_server"
_MEGABYTES = 64


@dataclass(frozen=True)
class Case:
    """A search that runs."""

    name: str
    driver: int
    cache: Path
    storage: Path
    seconds: float
    """For how long what passes lasts."""


def processes(case: str) -> dict[int, str]:
    """Return the living processes of a case with their command lines."""
    found, mark = {}, f"{MARK}={case}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has just ended
        if state != "Z":
            found[int(folder.name)] = command
    return found


def _send(number: int, *processes: int) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def _of(case: Case, part: str) -> list[int]:
    return [one for one, command in processes(case.name).items() if part in command]


def _killed(part: str) -> Callable[[Case], None]:
    return lambda case: _send(signal.SIGKILL, *_of(case, part))


def _driver(number: int) -> Callable[[Case], None]:
    return lambda case: _send(number, case.driver)


def _hangs(part: str | None) -> Callable[[Case], None]:
    def hang(case: Case) -> None:
        hanging = [case.driver] if part is None else _of(case, part)
        _send(signal.SIGSTOP, *hanging)
        time.sleep(case.seconds)
        _send(signal.SIGCONT, *hanging)

    return hang


def _cache_deleted(case: Case) -> None:
    shutil.rmtree(case.cache, ignore_errors=True)


def _disk_full(case: Case) -> None:
    """Leave no byte free in the storage for a while."""
    rest = case.storage / "rest"
    try:
        with rest.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 12))
    except OSError:
        time.sleep(case.seconds)
    rest.unlink(missing_ok=True)


KINDS: dict[str, Callable[[Case], None]] = {
    "trial killed": _killed(TRIAL),
    "trial hangs": _hangs(TRIAL),
    "raylet killed": _killed(RAYLET),
    "gcs killed": _killed(GCS),
    "driver killed": _driver(signal.SIGKILL),
    "driver hangs": _hangs(None),
    "driver SIGTERM": _driver(signal.SIGTERM),
    "driver SIGINT": _driver(signal.SIGINT),
    "all killed": _killed(""),
    "cache deleted": _cache_deleted,
    "disk full": _disk_full,
}
NEEDS_ROOT = ("disk full",)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Yield a folder with a disk of its own, of a few megabytes; needs root."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "none", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
