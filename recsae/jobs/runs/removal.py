"""`rm`: a run goes, with all that it holds."""

import shutil
from pathlib import Path
from typing import Any

from recsae.errors import RecsaeError
from recsae.results import find_run, is_running, storage_root
from recsae.storage.copies import copy_at


def removable(run: str, storage: str | None) -> dict[str, Any]:
    """Return what would go; raises RecsaeError if there is no such run, or if it is running."""
    path = find_run(run, storage_root(storage))
    if is_running(path):
        raise RecsaeError(f"{path.name}: a search runs in it; `recsae stop {path.name}` first")
    return {"run": path.name, "path": str(path), "bytes": size(path)}


def remove(run: str, storage: str | None) -> dict[str, Any]:
    """Delete a run; return what went."""
    found = removable(run, storage)
    path = Path(found["path"])
    copy = copy_at(path)
    if copy is not None:
        copy.erase()
    # Under a name that is no run's first: a kill leaves no half of one.
    gone = path.with_name(f".{path.name}.removed")
    path.rename(gone)
    shutil.rmtree(gone)
    return found


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())
