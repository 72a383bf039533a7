"""The variants by name: a file each in variants/, and those of other packages."""

from functools import cache
from typing import Final

from recsae.registry import Registry
from recsae.sae.base import SAESettings, Variant

VARIANTS: Final = Registry(
    Variant, folder="recsae.sae.variants", group="recsae.variants", key="model_name"
)


@cache
def variants() -> dict[str, Variant]:
    """Return every variant by its name, sorted; loads the variants' files and no torch."""
    return {name: kind() for name, kind in VARIANTS.all.items()}


def variant(name: str) -> Variant:
    """Return a variant by name; raises SettingError with the nearest name."""
    VARIANTS.get(name)
    return variants()[name]


def views_needed(model_name: str, settings: SAESettings) -> int:
    """Return how many views of each row must be stored for a training with these settings."""
    return variant(model_name).views(settings)
