"""The names of the formats; loads none of their readers."""

from typing import Any, Final

from recsae.registry import Registry

READERS: Final[Registry[Any]] = Registry(
    "recsae.interactions.readers.base:Reader",
    folder="recsae.interactions.readers",
    group="recsae.readers",
    key="format",
)
