"""What a process that holds a GPU may do, in a module that Ray's processes import."""

import os
import sys
import time
from pathlib import Path

from recsae.errors import RecsaeError, SettingError


def words(count: int) -> tuple[int, str]:
    """Write lines; return their number and the GPU that Ray gave this process."""
    for number in range(count):
        sys.stderr.write(f"line {number}\n")
    return count, os.environ["CUDA_VISIBLE_DEVICES"]


def mistake(key: str | None) -> None:
    raise RecsaeError("too few events") if key is None else SettingError(key, "too few")


def full_disk() -> None:
    raise OSError(28, "No space left on device", "/full")


def lost() -> None:
    os._exit(1)


def endless(mark: Path) -> None:
    mark.touch()
    time.sleep(300)
