"""Where a search runs and where its results go: as it is told, or as its run had it."""

import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from recsae.cache import SHARED_CACHE, Cache
from recsae.errors import RecsaeError
from recsae.progress import say
from recsae.storage.addresses import address_of
from recsae.storage.entries import cache_of
from recsae.storage.places import place_at

LAUNCH: Final = "launch"
"""Key of search.yaml: the workers and the address that its driver was told."""
LOCAL: Final = "local"
"""The address of a Ray of the search's own."""
_PROBE: Final = ".probe-"
_SHELL: Final = frozenset('`$;|&<>*?"\\')
"""Characters of a shell's language: in a new folder's name they are a slip."""


@dataclass(frozen=True)
class Where:
    """Where a search runs, and where its results go."""

    workers: int | None = None
    storage: str | None = None
    address: str | None = None

    def launch(self) -> dict[str, Any]:
        """Return what search.yaml keeps of it; the storage is where search.yaml lies."""
        return {"workers": self.workers, "address": self.address}

    def as_before(self, search: Mapping[str, Any]) -> "Where":
        """Return it with what it leaves open as a run's search.yaml tells, and say what that is.

        Raises RecsaeError if search.yaml holds something else there.
        """
        before = _checked_launch(search.get(LAUNCH) or {})
        told = {key: value for key, value in self.launch().items() if value is not None}
        taken = {key: value for key, value in before.items() if key not in told}
        if taken:
            words = " ".join(f"--{key} {value}" for key, value in taken.items())
            say(f"going on with {words}, as the run did; other flags change that")
        address = told.get("address", taken.get("address"))
        return Where(
            told.get("workers", taken.get("workers")),
            self.storage,
            None if address == LOCAL else address,
        )


def _checked_launch(launch: Any) -> dict[str, Any]:
    """Return what was told, without what was left open."""
    told = {k: v for k, v in launch.items() if v is not None} if isinstance(launch, dict) else None
    if told is None or not all(_may_be(key, value) for key, value in told.items()):
        raise RecsaeError(f"search.yaml: {LAUNCH}: expected workers and address, got {launch!r}")
    return told


def _may_be(key: Any, value: Any) -> bool:
    if key == "workers":
        return type(value) is int and value >= 1
    return key == "address" and isinstance(value, str)


def open_places(root: Path, where: Where) -> Cache:
    """Return the cache; raise now what would else be found out only after the base is trained."""
    _make_storage(root)
    # Raises now if the storage cannot be written to.
    tempfile.TemporaryFile(dir=root).close()
    remote = address_of(root)
    if remote is not None:
        probe = f"{_PROBE}{uuid.uuid4().hex}"
        place_at(remote).write(probe, b"")
        place_at(remote).delete([probe])
    if where.address is not None:
        from recsae.search.ray.cluster import check_answers

        check_answers(where.address)
    if remote is None and (where.address or is_address(where.storage)):
        (root / SHARED_CACHE).mkdir(exist_ok=True)
    return cache_of(root)


def is_address(storage: str | None) -> bool:
    """Tell whether a storage is given as an address, which says that several nodes reach it."""
    return storage is not None and "://" in storage


def _make_storage(root: Path) -> None:
    """Make the folder of the runs if it is missing; raises RecsaeError for a slip of a name.

    A folder that is there may have any name.
    """
    new = list(takewhile(lambda folder: not folder.exists(), (root, *root.parents)))
    for name in (folder.name for folder in new):
        if not name.isprintable() or _SHELL.intersection(name):
            reason = "it is not there, and a new folder has no control or shell characters"
            raise RecsaeError(f"--storage: {str(root)!r}: {reason} in its name")
    root.mkdir(parents=True, exist_ok=True)
