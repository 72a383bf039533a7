"""A disk that loses all that nobody has synced: what a power cut leaves of a folder."""

import os
from pathlib import Path

import pytest


class Disk:
    """Notes what each sync makes safe: a file's content, or a folder's names."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        """What is in `root` now is safe."""
        self._root, self._sync = root, os.fsync
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._open: list[int] = []  # so that the number of what is deleted is not given again
        for path in (root, *root.rglob("*")):
            handle = os.open(path, os.O_RDONLY)
            self._note(handle)
            os.close(handle)
        patch.setattr(os, "fsync", self._note)

    def _note(self, handle: int) -> None:
        self._open.append(os.dup(handle))
        path = Path(f"/proc/self/fd/{handle}").readlink()
        number = os.fstat(handle).st_ino
        if path.is_dir():
            entries = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
            self._names[number] = entries
        else:
            self._contents[number] = path.read_bytes()

    def left(self, to: Path) -> Path:
        """Return a copy of what a power cut would leave of the root now."""
        self._rebuild(self._root.stat().st_ino, to)
        return to

    def _rebuild(self, folder: int, to: Path) -> None:
        to.mkdir(parents=True)
        for name, number in self._names.get(folder, {}).items():
            if number in self._contents:
                (to / name).write_bytes(self._contents[number])
            elif number in self._names:
                self._rebuild(number, to / name)
            else:
                (to / name).touch()  # a name without content, as some file systems leave it

    def close(self) -> None:
        """Give the handles back."""
        for handle in self._open:
            os.close(handle)
