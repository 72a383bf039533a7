"""The space files that travel with recsae, found by their file name from anywhere."""

from pathlib import Path

from recsae.errors import RecsaeError, nearest
from recsae.settings import path_of

SCHEMA_NAME = "schema.json"
_FOLDER = "search_spaces"


def shipped_folder() -> Path:
    """Return the folder of the shipped spaces: in the installed package, or beside a checkout."""
    installed = Path(__file__).with_name("spaces")
    return installed if installed.is_dir() else Path(__file__).parents[2] / _FOLDER


def shipped_spaces() -> list[str]:
    """Return the file names of the shipped spaces."""
    return sorted(path.name for path in shipped_folder().glob("*.yaml"))


def find_space(name: str | Path) -> Path:
    """Return the path as given, else the shipped space of that file name; RecsaeError if none.

    Only a bare name, or one in search_spaces/, is looked for: another folder is meant as it is.
    """
    path = path_of(name)
    if path.is_file():
        return path
    if path.is_dir():
        raise RecsaeError(f"{name}: expected a search-space file, got a folder")
    bare = path.parent in (Path(), Path(_FOLDER))
    shipped = shipped_folder() / path.name
    if bare and shipped.is_file():
        return shipped
    here = [file.name for file in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    hint = nearest(path.name, here + shipped_spaces() if bare else here or shipped_spaces())
    raise RecsaeError(f"{name}: no such search-space file{hint}")
