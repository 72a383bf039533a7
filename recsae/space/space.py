"""A search space as a user writes it: read whole from YAML, checked, frozen; without torch or ray.

A mistake is one line: the file, the line, the key, what was expected, the nearest right name.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from recsae.activations.settings import ActivationSettings
from recsae.errors import RecsaeError, SettingError, nearest
from recsae.files import digest
from recsae.interactions.settings import DataSettings, check_data
from recsae.metrics.bounds import allowed
from recsae.recommenders.base_choice import BaseChoice
from recsae.sae.base import SAESettings
from recsae.sae.registry import variant
from recsae.settings import Settings
from recsae.space.corners import check_corners, most_views
from recsae.space.data_flags import with_flags, with_its_place
from recsae.space.document import Document, mistake, read_document
from recsae.space.parameters import Draw, Parameter, settings_of, suggest
from recsae.space.read_parameters import read_parameters
from recsae.space.read_priors import Point, read_points
from recsae.space.read_sections import (
    read_base,
    read_constraints,
    read_data,
    read_dataset,
    read_models,
    read_objectives,
    read_section,
)
from recsae.space.sections import (
    AUTO,
    ONE_OBJECTIVE,
    OURS,
    ResourceSettings,
    SchedulerSettings,
    SearchSettings,
)
from recsae.space.shipped import find_space

KEYS = (
    *("model_name", "dataset", "data", "base", "activations", "parameters"),
    *("objectives", "constraints", "points", "search", "scheduler", "resources"),
)
_EPOCHS = "sae_epochs"

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class SearchSpace:
    """What is searched, on which data, by which means."""

    models: tuple[str, ...]
    dataset: str | None
    data: dict[str, Any]
    base: BaseChoice
    activations: ActivationSettings
    parameters: tuple[Parameter, ...]
    objectives: dict[str, str]
    search: SearchSettings
    scheduler: SchedulerSettings
    resources: ResourceSettings
    constraints: dict[str, str] = field(default_factory=dict)
    """What an answer must meet: dev metric → "<= NUMBER" or ">= NUMBER"."""
    points: tuple[Point, ...] = ()
    """Settings to start from, in the file's terms; what they leave out is drawn."""
    scheduler_named: bool = field(default=True, compare=False)
    """False if the scheduler is the one that goes with the objectives and the sampler."""
    source: str = field(default="", compare=False)
    data_flags: tuple[str, ...] = field(default=(), compare=False)
    """Settings of the data that the command line gave."""
    section_line: int = field(default=0, compare=False)
    """Where `parameters` stands in the source."""

    def suggest(self, draw: Draw) -> dict[str, Any]:
        """Return a trial's {"model_name": …} and active parameters, as `draw` picks them."""
        return suggest(draw, self.models, self.parameters, self.width)

    def settings_for(self, params: dict[str, Any]) -> SAESettings:
        """Return the checked settings of a trial's parameters; SettingError when one is wrong."""
        settings = settings_of(params)
        settings.check_width(self.width)
        return settings

    def allowed(self, metrics: Mapping[str, Any]) -> bool:
        """Return True if a trial with these dev metrics may be an answer: no leak, all limits."""
        return allowed(self.constraints, metrics)

    def data_settings(self) -> DataSettings:
        """Return the settings of the data; an error when no data set is named."""
        if self.dataset is None:
            raise RecsaeError(f"{self.source}: dataset: expected a name or path, or --dataset")
        return DataSettings.of({"dataset": self.dataset, **self.data})

    def named_data(self) -> dict[str, Any]:
        """Return what the space or a flag says of its data, without what both leave out."""
        defaults = DataSettings().values()
        given = {
            name: value
            for name, value in self.data.items()
            if value != defaults[name] or name in self.data_flags
        }
        return given if self.dataset is None else {"dataset": self.dataset, **given}

    @property
    def width(self) -> int:
        """Width of the base's states; it is known once the base is."""
        assert self.base.width is not None, "the base is not settled yet"
        return self.base.width

    def check_width(self, width: int) -> None:
        """Raise RecsaeError if some settings of the space cannot work on states of `width`."""
        try:
            check_corners(self.models, self.parameters, width)
        except SettingError as error:
            lines = {parameter.name: parameter.line for parameter in self.parameters}
            hint = "" if error.key in lines else " (its default)"
            line = lines.get(error.key, self.section_line)
            raise mistake(self.source, line, error.key, f"{error.message}{hint}") from None

    def with_views(self) -> "SearchSpace":
        """Return the space with as many views stored as any of its trials needs."""
        views = most_views(self.models, self.parameters)
        return dataclasses.replace(self, activations=self.activations.with_views(views))

    @property
    def max_epochs(self) -> int:
        """The largest `sae_epochs` that a trial can have."""
        given = [p for p in self.parameters if p.name == _EPOCHS]
        values = [int(value) for p in given for value in p.corners()]
        if not given or given[0].when:  # where the parameter takes no part, the default holds
            values += [variant(model).Settings().sae_epochs for model in self.models]
        return max(values)

    @property
    def fingerprint(self) -> str:
        """A name for all that the space says."""
        return digest(self.resolved())

    def override(
        self,
        *,
        dataset: str | None = None,
        data: Mapping[str, Any] | None = None,
        trials: int | None = None,
        seed: int | None = None,
        sampler: str | None = None,
        max_hours: float | None = None,
        max_device_seconds: float | None = None,
        max_epochs: int | None = None,
        stop_at_noise: bool | None = None,
        finalists: int | None = None,
        finalist_seeds: int | None = None,
        scheduler: str | None = None,
        cpus: float | None = None,
        gpus: float | str | None = None,
    ) -> "SearchSpace":
        """Return the space with what the command line gives; None leaves a value as it is.

        `data` may hold `dataset` too.
        """
        flags = {**(data or {}), **({} if dataset is None else {"dataset": dataset})}
        try:
            named, known = with_flags(self.dataset, self.data, flags)
        except SettingError as error:
            raise with_its_place(error, self.data, flags, self.source) from None
        search = {
            **{"trials": trials, "seed": seed, "sampler": sampler, "max_hours": max_hours},
            **{"max_device_seconds": max_device_seconds, "max_epochs": max_epochs},
            **{"stop_at_noise": stop_at_noise, "finalists": finalists},
            "finalist_seeds": finalist_seeds,
        }
        settings = _changed(self.search, search)
        stopping = _with_name(self.scheduler, scheduler or (None if self.scheduler_named else AUTO))
        space = dataclasses.replace(
            self,
            dataset=named,
            data=known,
            data_flags=tuple(flags),
            search=settings,
            scheduler=stopping.settled(len(self.objectives), settings.sampler),
            scheduler_named=stopping.name != AUTO,
            resources=_changed(self.resources, {"cpus": cpus, "gpus": gpus}),
        )
        if clash := _clash(space):
            section, key, message = clash
            raise SettingError(section if key == "name" else key, message)
        return space

    def resolved(self) -> dict[str, Any]:
        """Return the space as plain values with everything explicit; `space_of` reads it back."""
        names = list(self.models)
        return {
            "model_name": names if len(names) > 1 else names[0],
            "dataset": self.dataset,
            "data": dict(self.data),
            "base": self.base.values(),
            "activations": self.activations.values(),
            "parameters": {p.name: p.written() for p in self.parameters},
            "objectives": dict(self.objectives),
            "constraints": dict(self.constraints),
            "points": [dict(point) for point in self.points],
            "search": self.search.values(),
            "scheduler": self.scheduler.values(),
            "resources": self.resources.values(),
        }


def load_space(path: str | Path) -> SearchSpace:
    """Read a space file, or a shipped one by its name; RecsaeError of one line when it is wrong."""
    document = read_document(find_space(path), str(path))
    space = _build(document)
    if space.dataset is not None:
        try:
            check_data(space.data_settings())
        except SettingError as error:
            place = ("dataset",) if error.key == "dataset" else ("data", error.key)
            raise document.error(place, error.message) from None
    return space


def space_of(values: dict[str, Any], source: str = "space") -> SearchSpace:
    """Return the space that plain values say, as `resolved` gives them; `source` is for errors."""
    return _build(Document(source, values))


def _build(document: Document) -> SearchSpace:
    """Check the whole document; raises the first mistake."""
    for key in document.value:
        if key not in KEYS:
            raise document.error((key,), f"no such key{nearest(key, KEYS)}")
    models = read_models(document)
    objectives = read_objectives(document)
    parameters = read_parameters(document, models)
    search = read_section(document, "search", SearchSettings)
    scheduler = read_section(document, "scheduler", SchedulerSettings)
    space = SearchSpace(
        models=models,
        dataset=read_dataset(document),
        data=read_data(document),
        base=read_base(document),
        activations=read_section(document, "activations", ActivationSettings),
        parameters=parameters,
        objectives=objectives,
        search=search,
        scheduler=scheduler.settled(len(objectives), search.sampler),
        scheduler_named=scheduler.name != AUTO,
        resources=read_section(document, "resources", ResourceSettings),
        constraints=read_constraints(document),
        points=read_points(document, models, parameters),
        source=document.source,
        section_line=document.line(("parameters",)),
    )
    if clash := _clash(space):
        raise document.error(clash[:2], clash[2])
    if space.base.width is not None:
        space.check_width(space.base.width)
    return space


def _clash(space: SearchSpace) -> tuple[str, str, str] | None:
    """Return what sections forbid each other: section, key and message."""
    scheduler = space.scheduler
    if scheduler.name != "none" and scheduler.grace_epochs > space.max_epochs:
        message = f"expected at most sae_epochs {space.max_epochs}, got {scheduler.grace_epochs}"
        return "scheduler", "grace_epochs", message
    if space.search.sampler in ONE_OBJECTIVE and len(space.objectives) > 1:
        message = f"expected another with several objectives, got {space.search.sampler}"
        return "search", "sampler", message
    if space.search.sampler == OURS and scheduler.name != "none":
        message = f"expected none with the sampler {OURS}, which stops trials by itself"
        return "scheduler", "name", f"{message}, got {scheduler.name}"
    if space.search.stop_at_noise and len(space.objectives) > 1:
        return "search", "stop_at_noise", "expected false with several objectives, got true"
    return None


def _with_name(settings: SchedulerSettings, name: str | None) -> SchedulerSettings:
    """Return the scheduler under another name; an error names the flag."""
    try:
        return _changed(settings, {"name": name})
    except SettingError as error:
        raise SettingError("scheduler", error.message) from None


def _changed(settings: S, changes: dict[str, Any]) -> S:
    """Return the settings with the values that are not None, checked."""
    given = {name: value for name, value in changes.items() if value is not None}
    return type(settings).of(settings.values() | given)
