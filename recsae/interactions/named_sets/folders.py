"""Where a named set lies on this machine, and how it comes here; loads without pandas."""

import os
from pathlib import Path

from recsae.cache import cache_root
from recsae.interactions.named_sets.sets import NAMED
from recsae.interactions.settings import DataSettings
from recsae.settings import path_of

DATA = "data"
"""Folder of RECSAE_CACHE with a folder a set that was downloaded."""
DATA_DIR = "RECSAE_DATA_DIR"


def own_folder(name: str) -> Path | None:
    """Return the folder of a set in RECSAE_DATA_DIR, if there is one."""
    root = os.environ.get(DATA_DIR)
    folder = path_of(root) / name if root else None
    return folder if folder is not None and folder.is_dir() else None


def downloaded_folder(name: str) -> Path:
    """Return where a download of the set lies, or would."""
    return cache_root() / DATA / name


def folder_of(name: str) -> Path | None:
    """Return the folder that holds a set: the user's own, else a download; None if neither."""
    own, downloaded = own_folder(name), downloaded_folder(name)
    return own or (downloaded if downloaded.is_dir() else None)


def with_known_settings(settings: DataSettings, folder: Path) -> DataSettings:
    """Return the settings with those of a named set's own files, where none are given.

    Other files of that set, which its user put there, are read as their content says.
    """
    known = NAMED.get(settings.dataset)
    if known is None or not all((folder / name).is_file() for name in known.placed):
        return settings
    given = settings.values()
    missing = {key: value for key, value in known.settings.items() if given[key] is None}
    return settings.model_copy(update=missing)


def ways_to_have(name: str) -> str:
    """Return in words both ways to a set that is not here."""
    root = os.environ.get(DATA_DIR)
    mine = f"a folder {name}/ in {DATA_DIR}={root}" if root else f"{name}/ in a folder {DATA_DIR}"
    return f"`recsae data get {name}` downloads it; or have {mine}"
