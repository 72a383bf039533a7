"""The sections of a space file, each checked; mistakes are told with their line."""

from typing import Any, TypeVar

from recsae.errors import SettingError, nearest
from recsae.interactions.settings import DataSettings
from recsae.metrics.bounds import Bound
from recsae.metrics.registry import constrainable, directions
from recsae.recommenders.base_choice import BaseChoice
from recsae.sae.registry import variant
from recsae.settings import Settings
from recsae.space.document import Document, Place
from recsae.space.parameters import MODEL
from recsae.space.sections import OBJECTIVE_WORDS

DEFAULT_OBJECTIVES = {"ndcg@10": "max"}

S = TypeVar("S", bound=Settings)


def read_models(document: Document) -> tuple[str, ...]:
    """Return the models' names."""
    written = document.value.get(MODEL)
    names = written if isinstance(written, list) else [written]
    place: Place = (MODEL,)
    if not names or not all(isinstance(name, str) for name in names):
        got = "nothing" if written is None else repr(written)
        raise document.error(place, f"expected the name of a model, or a list of them, got {got}")
    for i, name in enumerate(names):
        place = (MODEL, i)
        try:
            variant(name)
        except SettingError as error:
            raise document.error(place, error.message) from None
        if name in names[:i]:
            raise document.error(place, f"expected each model once, got {name} twice")
    return tuple(names)


def read_dataset(document: Document) -> str | None:
    """Return the data set's name, or None when the file leaves it open."""
    dataset = document.value.get("dataset")
    if dataset is not None and not (isinstance(dataset, str) and dataset.strip()):
        raise document.error(("dataset",), f"expected a name or a path, got {dataset!r}")
    return dataset


def read_data(document: Document) -> dict[str, Any]:
    """Return what the file says of the data beside its name, every setting explicit."""
    if "dataset" in _mapping(document, "data"):
        raise document.error(("data", "dataset"), "expected at the top of the file, not in data:")
    data = read_section(document, "data", DataSettings).values()
    return {name: value for name, value in data.items() if name != "dataset"}


def read_base(document: Document) -> BaseChoice:
    """Return the choice of the shared SASRec."""
    try:
        return BaseChoice.of(_mapping(document, "base"))
    except SettingError as error:
        raise document.error(("base", error.key), error.message) from None


def read_objectives(document: Document) -> dict[str, str]:
    """Return each metric to improve and its direction."""
    objectives, known = _mapping(document, "objectives") or DEFAULT_OBJECTIVES, directions()
    for name, direction in objectives.items():
        place = ("objectives", name)
        if name not in known:
            raise document.error(place, f"no such metric{nearest(name, known)}")
        if direction != known[name]:
            words = f"expected {known[name]} ({OBJECTIVE_WORDS[known[name]]})"
            raise document.error(place, f"{words}, got {direction!r}")
    return dict(objectives)


def read_constraints(document: Document) -> dict[str, str]:
    """Return what an answer must meet beside: metric → "<= NUMBER" or ">= NUMBER"."""
    found, known = {}, constrainable()
    for name, written in _mapping(document, "constraints").items():
        place = ("constraints", name)
        if name == "leak":
            raise document.error(place, "what leaks is never allowed; it needs no constraint")
        if name not in known:
            raise document.error(place, f"no such metric{nearest(name, known)}")
        try:
            Bound.of(written)
        except ValueError as error:
            raise document.error(place, str(error)) from None
        found[name] = written.strip()
    return found


def read_section(document: Document, name: str, kind: type[S]) -> S:
    """Return a section as its settings object."""
    try:
        return kind.of(_mapping(document, name))
    except SettingError as error:
        raise document.error((name, error.key), error.message) from None


def _mapping(document: Document, name: str) -> dict[str, Any]:
    """Return a section; an empty one, or one that is left out, is {}."""
    section = document.value.get(name)
    if section is not None and not isinstance(section, dict):
        raise document.error((name,), f"expected keys and values, got {section!r}")
    return section or {}
