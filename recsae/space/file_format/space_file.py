"""What a space file may hold, as one settings class: sections, parameters, initial points."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from recsae.activations.settings import ActivationSettings
from recsae.errors import SettingError, nearest
from recsae.interactions.settings import DataSettings
from recsae.metrics.base import DIRECTION_WORDS
from recsae.metrics.bounds import Bound
from recsae.metrics.registry import constraint_metrics, objective_metrics
from recsae.recommenders.base_choice import BaseChoice
from recsae.sae.registry import variant
from recsae.settings import KEYS_AND_VALUES, KeyedValueError, Settings, Words
from recsae.space.file_format.forms import AnyForm
from recsae.space.file_format.values import Value, listed
from recsae.space.sections import (
    ResourceSettings,
    SchedulerSettings,
    SearchSettings,
)

DEFAULT_OBJECTIVES = {"ndcg@10": "max"}


def _known_models(names: list[str]) -> list[str]:
    for i, name in enumerate(names):
        try:
            variant(name)
        except SettingError as error:
            raise KeyedValueError((i,), error.message) from None
        if name in names[:i]:
            raise KeyedValueError((i,), f"expected each model once, got {name} twice")
    return names


def _without_dataset(data: Any) -> Any:
    if isinstance(data, dict) and "dataset" in data:
        raise KeyedValueError("dataset", "expected at the top of the file, not in data:")
    return data


def _known_base(values: Any) -> Any:
    try:
        return BaseChoice.of(values) if isinstance(values, dict) else values
    except SettingError as error:
        raise KeyedValueError(error.place, error.message) from None


def _known_objectives(objectives: dict[str, Any]) -> dict[str, str]:
    known = objective_metrics()
    for name, direction in objectives.items():
        if name not in known:
            raise KeyedValueError(name, f"no such metric{nearest(name, known)}")
        if direction != (wanted := known[name].direction):
            words = f"expected {wanted} ({DIRECTION_WORDS[wanted or 'max']})"
            raise KeyedValueError(name, f"{words}, got {direction!r}")
    return objectives or DEFAULT_OBJECTIVES


def _known_constraints(constraints: dict[str, Any]) -> dict[str, str]:
    known = constraint_metrics()
    for name, written in constraints.items():
        if name == "leak":
            reason = "what leaks is never allowed; it needs no constraint"
            raise KeyedValueError(name, reason)
        if name not in known:
            raise KeyedValueError(name, f"no such metric{nearest(name, known)}")
        try:
            Bound.of(written)
        except ValueError as error:
            raise KeyedValueError(name, str(error)) from None
    return {name: written.strip() for name, written in constraints.items()}


def _some_settings(point: Any) -> Any:
    if not isinstance(point, dict) or not point:
        words = "expected settings to start from, such as {sae_k: 8}"
        raise ValueError(f"{words}, got {point!r}")
    return point


class SpaceFile(Settings):
    """A recsae search space."""

    model_name: Annotated[
        list[str],
        Field(min_length=1),
        BeforeValidator(listed),
        AfterValidator(_known_models),
        Words("the name of a model, or a list of them"),
    ]
    """One model, or a list: then it is searched too."""
    dataset: Annotated[str | None, Field(pattern=r"\S"), Words("a name or a path")] = None
    data: Annotated[DataSettings, BeforeValidator(_without_dataset)] = DataSettings()
    base: Annotated[
        BaseChoice,
        BeforeValidator(_known_base),
        WithJsonSchema({"type": "object"}),
        Words(KEYS_AND_VALUES),
    ] = BaseChoice.of({})
    activations: ActivationSettings = ActivationSettings()
    parameters: Annotated[
        dict[str, AnyForm],
        Field(min_length=1),
        Words("settings to search, such as sae_k: {int: [2, 16]}"),
    ]
    """Settings that are fixed or searched; the rest keep their defaults."""
    objectives: Annotated[dict[str, Any], AfterValidator(_known_objectives)] = DEFAULT_OBJECTIVES
    """Metrics on dev and their direction; several give a Pareto set."""
    constraints: Annotated[dict[str, Any], AfterValidator(_known_constraints)] = {}
    """What an answer must meet on dev, such as dead: "<= 0.5". A leak never may."""
    points: Annotated[
        list[Annotated[dict[str, Value], BeforeValidator(_some_settings)]],
        Words("a list of settings"),
    ] = []
    """Initial points: settings of the first trials; what one leaves out is drawn."""
    search: SearchSettings = SearchSettings()
    scheduler: SchedulerSettings = SchedulerSettings()
    resources: ResourceSettings = ResourceSettings()

    @model_validator(mode="before")
    @classmethod
    def _without_empty_sections(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A section that is left empty says nothing."""
        return {key: value for key, value in values.items() if value is not None}

    @classmethod
    def unknown(cls, key: str) -> str:
        """Return what to tell of a key that no space file has."""
        return f"no such key{nearest(key, cls.model_fields)}"
