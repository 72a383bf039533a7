"""The place of a path or of an address, and folders made whole at either."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsae.storage.buckets import Bucket
from recsae.storage.objects import Folder, Place


def place_at(where: Path | str) -> Place:
    """Return the place of a path, or of an address."""
    if "://" not in str(where):
        return Folder(Path(where))
    return Bucket.at(str(where))


def delete_all(where: Path | str) -> None:
    """Delete what lies at a path, or under an address."""
    if "://" not in str(where):
        shutil.rmtree(where, ignore_errors=True)
        return
    place = place_at(where)
    place.delete(place.entries())


@contextmanager
def new_folder(where: str, name: str) -> Iterator[Path]:
    """Yield where to make a folder, which is at the place when the block ends well."""
    if "://" not in where:
        folder = Path(where) / name
        shutil.rmtree(folder, ignore_errors=True)  # of a driver that was killed right then
        yield folder
        return
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / name
        yield folder
        place = place_at(where)
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            place.upload(file.relative_to(parent).as_posix(), file)
