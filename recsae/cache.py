"""What is computed once and shared: bases/ and activations/ under RECSAE_CACHE.

An entry is a folder named by a fingerprint of all that it depends on. It is built by whoever asks
first, under a lock that dies with its process; afterwards only its count of test reads changes.
Beside them lie models/, where `train` saves what it trained, the last one of the same settings, and
names/, a file for each name that a user gave to an entry.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock

from recsae.errors import RecsaeError
from recsae.files import whole_folder, write_whole
from recsae.settings import path_of

SHARED_CACHE = ".cache"
"""Folder in a storage that several machines reach: what each of them may copy from."""

NAMES = "names"
"""Folder of a cache with a file a name, which holds the entry's kind and key."""


def cache_root() -> Path:
    """Return RECSAE_CACHE, or ~/.cache/recsae."""
    return path_of(os.environ.get("RECSAE_CACHE") or "~/.cache/recsae").absolute()


class Shared(Protocol):
    """Entries that several machines share, other than in a folder that they reach."""

    def fetch(self, kind: str, key: str, folder: Path) -> bool:
        """Make an entry's folder; False if nobody has offered the entry."""

    def offer(self, kind: str, key: str, folder: Path) -> bool:
        """Share an entry; False if another one is shared, with other bytes."""


@dataclass(frozen=True)
class Cache:
    """This machine's cache and, when a search runs on several machines, the one they share."""

    local: Path
    shared: Path | Shared | None = None

    @classmethod
    def default(cls, shared: Path | Shared | None = None) -> "Cache":
        """Return the cache that RECSAE_CACHE names."""
        return cls(cache_root(), shared)

    def here(self) -> "Cache":
        """Return it as this node has it; a cache that nobody shares is nowhere else."""
        return self if self.shared is None else Cache.default(self.shared)

    def find(self, kind: str, key: str) -> Path | None:
        """Return the folder of an entry, copied from the shared cache if need be."""
        folder = self.local / kind / key
        if folder.exists():
            return folder
        if isinstance(self.shared, Path):
            if not (self.shared / kind / key).exists():
                return None
            with self._lock(self.local, kind, key):
                if not folder.exists():
                    _copy(self.shared / kind / key, folder)
            return folder
        if self.shared is not None:
            with self._lock(self.local, kind, key):
                if folder.exists() or self.shared.fetch(kind, key, folder):
                    return folder
        return None

    def get(self, kind: str, key: str, build: Callable[[Path], None]) -> tuple[Path, bool]:
        """Return an entry's folder, built by `build(empty folder)` if nobody has; True if built.

        Two processes that ask at the same moment build it once: the second waits for the first.
        """
        if self.shared is not None and not isinstance(self.shared, Path):
            return self._offered(self.shared, kind, key, build)
        home = self.shared if self.shared is not None else self.local
        entry, built = home / kind / key, False
        if not entry.exists():
            # Asked again under the lock: another process may have built it while we waited.
            with self._lock(home, kind, key):
                if not entry.exists():
                    built = self._fill(entry, build)
        folder = self.find(kind, key)
        assert folder is not None
        return folder, built

    def named(self, name: str) -> Path | None:
        """Return the entry that a user's name stands for; None if it is no name, or gone."""
        return self.names().get(name)

    def names(self) -> dict[str, Path]:
        """Return the names that users gave, with the folders of their entries, sorted.

        A name whose entry is gone is none.
        """
        files = sorted((self.local / NAMES).glob("[!.]*"))
        entries = {
            file.name: self.local / file.read_text("utf-8", "replace").strip() for file in files
        }
        return {name: entry for name, entry in entries.items() if entry.is_dir()}

    def give_name(self, name: str, kind: str, key: str) -> None:
        """Let a name stand for an entry from now on; raises RecsaeError if it has another.

        A name whose entry was deleted is free.
        """
        self.check_free(name, kind, key)
        # Checked twice: before the lock to fail at once, under it to be sure.
        with self._lock(self.local, NAMES, name):
            self.check_free(name, kind, key)
            write_whole(self.local / NAMES / name, f"{kind}/{key}\n")

    def check_free(self, name: str, kind: str, key: str) -> None:
        """Raise RecsaeError if a name stands for another entry."""
        entry = self.named(name)
        if entry is not None and entry != self.local / kind / key:
            taken = f"--name: {name!r} is taken, by {entry}"
            raise RecsaeError(f"{taken}; take another, or delete {self.local / NAMES / name}")

    def _offered(
        self, shared: Shared, kind: str, key: str, build: Callable[[Path], None]
    ) -> tuple[Path, bool]:
        """Return an entry's folder, in the shared cache too; as it is there if that was faster."""
        folder, built = self.local / kind / key, False
        with self._lock(self.local, kind, key):
            if not folder.exists() and not shared.fetch(kind, key, folder):
                built = self._fill(folder, build)
            if not shared.offer(kind, key, folder) and built:
                built = not shared.fetch(kind, key, folder)
        return folder, built

    def _fill(self, entry: Path, build: Callable[[Path], None]) -> bool:
        """Make an entry, from this machine's copy if it has one; return True if it was built."""
        mine = self.local / entry.parent.name / entry.name
        if mine.exists():
            _copy(mine, entry)
            return False
        with whole_folder(entry) as part:
            build(part)
        return True

    @staticmethod
    def _lock(root: Path, kind: str, key: str) -> FileLock:
        locks = root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        return FileLock(locks / f"{kind}-{key}.lock")


def _copy(source: Path, target: Path) -> None:
    with whole_folder(target) as part:
        shutil.copytree(source, part, dirs_exist_ok=True)
