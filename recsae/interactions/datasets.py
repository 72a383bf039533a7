"""From a data set's name or path to its Interactions."""

import os
from pathlib import Path

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.filters import finish
from recsae.interactions.formats import recognise
from recsae.interactions.frame import Interactions
from recsae.interactions.readers import READERS
from recsae.interactions.settings import (
    NAMES,
    DataSettings,
    check_data,
    data_path,
    is_synthetic,
    synthetic_settings,
)
from recsae.interactions.synthetic import synthetic_log


def load(settings: DataSettings) -> Interactions:
    """Read or generate the data set; raises RecsaeError in one line if it cannot be had."""
    check_data(settings)
    if is_synthetic(settings.dataset):
        log = synthetic_log(synthetic_settings(settings.dataset))
        return finish(settings.dataset, log, settings)
    try:
        source = recognise(_find(settings.dataset), settings)
        log = READERS[source.format](source.path, settings)
    except OSError as error:
        raise RecsaeError(
            f"{error.filename or settings.dataset}: {error.strerror or error}"
        ) from None
    return finish(_name(settings.dataset), log, settings)


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
    return dataset if dataset in NAMES else data_path(dataset).resolve().stem
