"""The recommenders by name: a folder each in this one, and those of other packages; no torch."""

from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from recsae.recommenders.architecture import Architecture
from recsae.registry import Declaration, Registry
from recsae.settings import Settings

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


def base_settings() -> dict[str, type[Settings]]:
    """Return the settings of those that can be trained here by their names, SASRec's first."""
    names = sorted(trainable(), key=lambda name: name != SASREC)
    return {name: architecture(name).Settings for name in names}


def code_rooms(name: str) -> list[str]:
    """Return the rooms of this one that a recommender depends on: all but the folders of others."""
    own = RECOMMENDERS.found.items()
    known = {key: one.module for key, one in own if isinstance(one, Declaration)}
    others = {module.split(".")[-2] for key, module in known.items() if key != name}
    folders = [one.name for one in iter_modules([str(_HERE)]) if one.ispkg]
    shared = [f"recommenders/{folder}" for folder in folders if folder not in others]
    return ["recommenders/*.py", *shared]


def trainable() -> dict[str, str]:
    """Return the names of those that can be trained here, each with what it is."""
    known = {name: RECOMMENDERS.about(name) for name in RECOMMENDERS.names}
    return {
        name: about.description
        for name, about in known.items()
        if not about.values.get("imported", False)
    }
