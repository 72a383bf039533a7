"""What the command line says of the data, over what a space says; without torch or ray."""

from collections.abc import Mapping
from typing import Any

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.settings import OF_COLUMNS, DataSettings, check_data


def with_flags(
    dataset: str | None, data: Mapping[str, Any], flags: Mapping[str, Any]
) -> tuple[str | None, dict[str, Any]]:
    """Return the data set's name, if there is one, and all its settings, `flags` over the rest.

    What a space says of its data stays under another data set too. Raises SettingError.
    """
    values = {"dataset": dataset, **data, **flags}
    name = values.pop("dataset")
    settings = DataSettings.of(values if name is None else {"dataset": name, **values})
    if flags and name is not None:
        check_data(settings)
    return name, {key: value for key, value in settings.values().items() if key != "dataset"}


def with_its_place(
    error: RecsaeError, data: Mapping[str, Any], flags: Mapping[str, Any], source: str
) -> RecsaeError:
    """Return a mistake of the data; where a column is the space's doing, it says so."""
    said = {key for key in OF_COLUMNS if data.get(key) is not None} - {*flags}
    guilty = [key for key in OF_COLUMNS if key in said and key in str(error)]
    if not guilty:
        return error
    message = f"{guilty[0]} is said in data: of {source}"
    if isinstance(error, SettingError):
        return SettingError(error.key, f"{error.message} ({message})")
    return RecsaeError(f"{error} ({message})")
