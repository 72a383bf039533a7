"""From a data set's name or path to its Interactions."""

from pathlib import Path

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.filters import finish
from recsae.interactions.folders import find_log
from recsae.interactions.frame import Interactions
from recsae.interactions.items.side_information import item_attributes
from recsae.interactions.log import Log
from recsae.interactions.named_sets.folders import folder_of, ways_to_have, with_known_settings
from recsae.interactions.readers.registry import readers
from recsae.interactions.settings import (
    NAMES,
    DataSettings,
    check_data,
    data_path,
    is_synthetic,
    synthetic_settings,
)
from recsae.interactions.synthetic import synthetic_log
from recsae.progress import say

_PACKED = (".gz", ".zst", ".bz2", ".xz", ".zip")


def load(settings: DataSettings) -> Interactions:
    """Read or generate the data set; raises RecsaeError in one line if it cannot be had."""
    name, log = read_log(settings)
    return finish(name, log, settings)


def read_log(settings: DataSettings) -> tuple[str, Log]:
    """Return the name of the data set and its events before any filter or split."""
    check_data(settings)
    if is_synthetic(settings.dataset):
        return settings.dataset, synthetic_log(synthetic_settings(settings.dataset))
    try:
        place = _find(settings.dataset)
        return _name(settings.dataset), read(place, with_known_settings(settings, place))
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
        source = find_log(path, settings, notes)
        log = readers()[source.format].read(source, settings, notes)
        return log._replace(attributes=item_attributes(source, log, notes) or log.attributes)
    finally:
        for note in dict.fromkeys(notes):
            say(note)


def _find(dataset: str) -> Path:
    if dataset not in NAMES:
        return data_path(dataset)
    folder = folder_of(dataset)
    if folder is None:
        raise SettingError("dataset", f"{dataset} is not here: {ways_to_have(dataset)}")
    return folder


def _name(dataset: str) -> str:
    """Return the name as it is, or what a file is called, without what says its form."""
    if dataset in NAMES:
        return dataset
    path = data_path(dataset).resolve()
    return path.stem if path.suffix not in _PACKED else Path(path.stem).stem
