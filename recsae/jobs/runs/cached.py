"""`cache list` and `cache rm`: what is shared, how large it is, and who still uses it."""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from recsae.activations.store import KIND as ACTIVATIONS
from recsae.cache import Cache, cache_root
from recsae.errors import RecsaeError, SettingError, unknown_name
from recsae.files import read_json
from recsae.jobs.runs.removal import size
from recsae.recommenders.base import KIND as BASES
from recsae.recommenders.base import SHORTEST_PREFIX
from recsae.results import Files, run_names, storage_root
from recsae.storage.copies import refresh

_ABOUT: Final = {
    BASES: "base.json",
    ACTIVATIONS: "activations.json",
    "baselines": None,
    "models": "settings.json",
    "data": None,
}
"""The kinds of entries, each with the file of an entry that tells of which data it is."""


def entries(storage: str | None) -> dict[str, Any]:
    """Return what the cache holds, the largest first; users are runs of a storage and names."""
    cache, root = Cache.default(), cache_root()
    users = _users(cache, storage)
    found: list[dict[str, Any]] = [
        {
            "kind": kind,
            "key": path.name,
            "dataset": _dataset(path, about),
            "bytes": size(path),
            "used_by": sorted(users[path.name]),
        }
        for kind, about in _ABOUT.items()
        for path in _folders(root / kind)
    ]
    found.sort(key=lambda one: -one["bytes"])
    return {"cache": str(root), "bytes": sum(one["bytes"] for one in found), "entries": found}


def removable(keys: Sequence[str], unused: bool, storage: str | None) -> list[dict[str, Any]]:
    """Return the entries that are named by their keys or the beginnings of these.

    `unused`: instead all that no run of the storage, no name and no entry uses. Raises SettingError
    for what is no entry's key.
    """
    if unused == bool(keys):
        raise RecsaeError("cache rm: expected keys of `recsae cache list`, or --unused")
    known = entries(storage)["entries"]
    if unused:
        return [one for one in known if not one["used_by"] and one["kind"] != "data"]
    return [_named(key, known) for key in dict.fromkeys(keys)]


def remove(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Delete entries; return them, and how many bytes that freed."""
    for one in found:
        folder = cache_root() / one["kind"] / one["key"]
        # Under a name that is no entry's first: a kill leaves no half of one.
        gone = folder.with_name(f".{folder.name}.removed")
        folder.rename(gone)
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    return {"removed": list(found), "bytes": sum(one["bytes"] for one in found)}


def _named(key: str, known: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = [one for one in known if one["key"] == key]
    if not found and len(key) >= SHORTEST_PREFIX:
        found = [one for one in known if one["key"].startswith(key)]
    if len(found) != 1:
        names = [one["key"] for one in found or known]
        raise SettingError("KEY", unknown_name(key, names))
    return found[0]


def _folders(kind: Path) -> list[Path]:
    return sorted(kind.glob("[!.]*")) if kind.is_dir() else []


def _users(cache: Cache, storage: str | None) -> dict[str, set[str]]:
    """Return by key the runs, names and other entries that need an entry."""
    users: dict[str, set[str]] = defaultdict(set)
    for name, entry in cache.names().items():
        users[entry.name].add(f"name {name}")
    for folder in _folders(cache.local / ACTIVATIONS):
        users[_fingerprint(folder / "activations.json")].add(f"activations {folder.name}")
    root = storage_root(storage)
    for name in run_names(root):
        refresh(root / name, heavy=False)
        for key in _needed(root / name / Files.SEARCH):
            users[key].add(f"run {name}")
    return users


def _needed(search: Path) -> Iterator[str]:
    try:
        told = yaml.safe_load(search.read_text())
        for part in ("base", "activations"):
            yield str(told[part]["fingerprint"])
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
        return  # a run that cannot be read uses nothing


def _fingerprint(file: Path) -> str:
    about = _read(file)
    base = about.get("base")
    return str(base.get("fingerprint")) if isinstance(base, dict) else ""


def _dataset(path: Path, about: str | None) -> str | None:
    known = _read(path / about) if about else {}
    source = known.get("source")
    inner = source.get("data", {}) if isinstance(source, dict) else {}
    found = known.get("dataset") or inner.get("dataset")
    return None if found is None else str(found)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = read_json(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
