"""What flags give of a section: which values, under which name, and the settings with them."""

from collections.abc import Mapping
from typing import Any, TypeVar

from recsae.settings import Settings

S = TypeVar("S", bound=Settings)


def flag_of(section: str, key: str) -> str:
    """Return the name of the flag for a setting of a section."""
    return section if key == "name" else key


def without_none(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values that are not None."""
    return {name: value for name, value in (values or {}).items() if value is not None}


def changed(settings: S, changes: Mapping[str, Any] | None) -> S:
    """Return the settings with the values that are not None, checked."""
    return type(settings).of(settings.values() | without_none(changes))
