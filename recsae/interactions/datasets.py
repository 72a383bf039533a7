"""From a data set's name or path to its Interactions."""

import os
from pathlib import Path

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.filters import finish
from recsae.interactions.folders import find_log
from recsae.interactions.frame import Interactions
from recsae.interactions.log import Log
from recsae.interactions.readers import READERS
from recsae.interactions.settings import (
    NAMES,
    DataSettings,
    check_name,
    data_path,
    is_synthetic,
    synthetic_settings,
)
from recsae.interactions.sides import about_items
from recsae.interactions.synthetic import synthetic_log
from recsae.progress import say

_PACKED = (".gz", ".zst", ".bz2", ".xz")
_COLUMNS = ("user_column", "item_column", "time_column", "rating_column")
_OF_FILES = ("format", *_COLUMNS, "min_rating", "where")


def load(settings: DataSettings) -> Interactions:
    """Read or generate the data set; raises RecsaeError in one line if it cannot be had."""
    check_name(settings.dataset)
    if is_synthetic(settings.dataset):
        _refuse_columns(settings)
        log = synthetic_log(synthetic_settings(settings.dataset))
        return finish(settings.dataset, log, settings)
    try:
        return finish(_name(settings.dataset), read(_find(settings.dataset), settings), settings)
    except OSError as error:
        raise RecsaeError(
            f"{error.filename or settings.dataset}: {error.strerror or error}"
        ) from None


def read(path: Path, settings: DataSettings) -> Log:
    """Read the log that a path means, with what is known about its items.

    Each thing that was assumed is said in a line, also before an error that may come of it.
    """
    notes: list[str] = []
    try:
        source = find_log(path, settings)
        log = READERS[source.format].read(source, settings, notes)
        return log._replace(about=about_items(source, log, notes))
    finally:
        for note in dict.fromkeys(notes):
            say(note)


def _refuse_columns(settings: DataSettings) -> None:
    for key in _OF_FILES:
        if getattr(settings, key) is not None:
            raise SettingError(key, f"expected a data set from a file, got {settings.dataset!r}")


def _find(dataset: str) -> Path:
    if dataset not in NAMES:
        return data_path(dataset)
    root = os.environ.get("RECSAE_DATA_DIR")
    if not root:
        raise SettingError(
            "dataset", f"{dataset}: set RECSAE_DATA_DIR to the folder that holds {dataset}/"
        )
    folder = data_path(root) / dataset
    if not folder.is_dir():
        raise SettingError(
            "dataset",
            f"no {dataset}/ in RECSAE_DATA_DIR={root}; it must be the folder that holds it",
        )
    return folder


def _name(dataset: str) -> str:
    """Return the name as it is, or what a file is called, without what says its form."""
    if dataset in NAMES:
        return dataset
    path = data_path(dataset).resolve()
    return path.stem if path.suffix not in _PACKED else Path(path.stem).stem
