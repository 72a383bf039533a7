"""The entries of a cache that lie in a bucket: bases and states, whole, with a digest of each file.

An entry is .cache/KIND/KEY.json, which names its objects; it is written last, on the condition that
it is new. So of two that computed an entry at once one gives it, and the other takes that.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recsae.cache import SHARED_CACHE, Cache, Shared
from recsae.errors import RecsaeError
from recsae.files import whole_folder
from recsae.storage.addresses import address_of, is_remote
from recsae.storage.objects import Place
from recsae.storage.places import place_at
from recsae.test_reads import TEST_READS

_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class BucketCache:
    """What a storage in a bucket shares; travels as its address."""

    address: str

    def __str__(self) -> str:
        """Return the address."""
        return self.address

    def fetch(self, kind: str, key: str, folder: Path) -> bool:
        """Make an entry's folder as it is in the bucket; False if it is not there."""
        try:
            files = self._manifest(kind, key)
        except FileNotFoundError:
            return False
        with whole_folder(folder) as part:
            for name, (stored, expected) in files.items():
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                self._place.download(stored, part / name)
                if _sha256(part / name) != expected:
                    raise RecsaeError(f"{self.address}/{stored}: other bytes than were stored")
        return True

    def offer(self, kind: str, key: str, folder: Path) -> bool:
        """Put an entry into the bucket; False if another one is there, with other bytes."""
        digests = file_digests(folder)
        try:
            there = self._manifest(kind, key)
        except FileNotFoundError:
            own = uuid.uuid4().hex[:12]
            stored = {name: [f"{kind}/{key}/{own}/{name}", of] for name, of in digests.items()}
            for name, (path, _) in stored.items():
                self._place.upload(path, folder / name)
            if self._place.create(_name(kind, key), json.dumps(stored).encode()):
                return True
            self._place.delete(path for path, _ in stored.values())
            there = self._manifest(kind, key)
        return {name: of for name, (_, of) in there.items()} == digests

    def _manifest(self, kind: str, key: str) -> Mapping[str, tuple[str, str]]:
        text = self._place.read(_name(kind, key))
        try:
            told: Any = json.loads(text)
            found = {str(name): (str(path), str(of)) for name, (path, of) in told.items()}
        except (ValueError, TypeError, AttributeError):
            raise RecsaeError(f"{self.address}/{_name(kind, key)}: damaged; delete it") from None
        if any(".." in Path(name).parts or Path(name).is_absolute() for name in found):
            raise RecsaeError(f"{self.address}/{_name(kind, key)}: a name in it leads out")
        return found

    @property
    def _place(self) -> Place:
        return place_at(self.address)


def cache_of(storage: Path) -> Cache:
    """Return this machine's cache, joined to the one that lies in the storage, if one does."""
    address = address_of(storage)
    if address is not None:
        return Cache.default(BucketCache(f"{address}/{SHARED_CACHE}"))
    shared = storage / SHARED_CACHE
    return Cache.default(shared if shared.is_dir() else None)


def shared_at(where: str | None) -> Path | BucketCache | None:
    """Return what a text names that says where a cache is shared."""
    if where is None:
        return None
    return BucketCache(where) if is_remote(where) else Path(where)


def shared_words(shared: Path | Shared | None) -> str | None:
    """Return the text that `shared_at` takes."""
    return None if shared is None else str(shared)


def file_digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of an entry, but for its count of readings, which grows."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    kept = [f for f in files if f.name != TEST_READS and not f.name.startswith(".")]
    return {file.relative_to(folder).as_posix(): _sha256(file) for file in kept}


def folder_digest(folder: Path) -> str:
    """Return a 16-digit name for all bytes of an entry."""
    return hashlib.sha256(json.dumps(file_digests(folder)).encode()).hexdigest()[:16]


def _sha256(file: Path) -> str:
    total = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def _name(kind: str, key: str) -> str:
    return f"{kind}/{key}.json"
