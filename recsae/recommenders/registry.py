"""The recommenders by name: a folder each in this one, and those of other packages; no torch."""

from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from recsae.recommenders.architecture import Architecture
from recsae.registry import Registry

SASREC: Final = "SASRec"
"""What is trained unless another one is named."""
_HERE: Final = Path(__file__).parent

RECOMMENDERS: Final[Registry[Architecture]] = Registry(
    "recsae.recommenders.architecture:Architecture",
    folder=tuple(f"{__package__}.{one.name}" for one in iter_modules([str(_HERE)]) if one.ispkg),
    group="recsae.recommenders",
    key="model_name",
)


def architecture(name: str) -> Architecture:
    """Return one by its name; raises SettingError with the nearest name."""
    return RECOMMENDERS.get(name)()


def trainable() -> dict[str, str]:
    """Return the names of those that can be trained here, each with what it is."""
    known = {name: RECOMMENDERS.about(name) for name in RECOMMENDERS.names}
    return {
        name: about.description
        for name, about in known.items()
        if not about.values.get("imported", False)
    }
