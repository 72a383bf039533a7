"""A search space as a user writes it: read whole from YAML, checked, frozen; without torch or ray.

A mistake is one line: the file, the line, the key, what was expected, the nearest right name.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recsae.activations.settings import ActivationSettings
from recsae.errors import RecsaeError, SettingError
from recsae.files import digest
from recsae.interactions.settings import DataSettings
from recsae.metrics.bounds import allowed
from recsae.recommenders.base_choice import BaseChoice
from recsae.sae.base import SAESettings
from recsae.sae.registry import variant
from recsae.space.corners import check_corners, most_views
from recsae.space.file_format.document import mistake
from recsae.space.file_format.values import Scalar
from recsae.space.flags.data import with_flags, with_its_place
from recsae.space.flags.values import changed, flag_of, without_none
from recsae.space.grid import Grid
from recsae.space.kinds import AUTO, SAMPLERS
from recsae.space.parameters import (
    EPOCHS,
    MODEL,
    PARAMETERS,
    Draw,
    Parameter,
    settings_of,
    suggest,
    walk,
)
from recsae.space.sections import ResourceSettings, SchedulerSettings, SearchSettings, clash


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
    points: tuple[dict[str, Scalar], ...] = ()
    """Initial points, in the file's terms; what they leave out is drawn."""
    scheduler_named: bool = field(default=True, compare=False)
    """False if the scheduler is the one that goes with the objectives and the sampler."""
    source: str = field(default="", compare=False)
    data_flags: tuple[str, ...] = field(default=(), compare=False)
    """Settings of the data that the command line gave."""
    section_line: int = field(default=0, compare=False)
    """Where `parameters` stands in the source."""

    @property
    def model_parameter(self) -> Parameter:
        """The model as a parameter: searched if there are several."""
        if len(self.models) > 1:
            return Parameter(MODEL, "choice", choices=self.models)
        return Parameter(MODEL, "fixed", value=next(iter(self.models), None))

    @property
    def with_model(self) -> tuple[Parameter, ...]:
        """The model, then all parameters, in the order of drawing."""
        return (self.model_parameter, *self.parameters)

    @property
    def by_name(self) -> dict[str, Parameter]:
        """The model and all parameters by their names, in the order of drawing."""
        return {parameter.name: parameter for parameter in self.with_model}

    @property
    def searched(self) -> tuple[Parameter, ...]:
        """All that may be drawn, the model among them, in the order of drawing."""
        return tuple(parameter for parameter in self.with_model if parameter.searched)

    @property
    def grid(self) -> Grid:
        """All that may be drawn, numbered, where that is finite."""
        return Grid(self.with_model)

    @property
    def trials(self) -> int:
        """How many trials a search has: as many as it may, unless no more settings are left."""
        size = self.grid.size if self.searched else None  # else all trials are replicates
        most = self.search.trials if size is None else size * self.search.replicates
        return min(self.search.trials, most)

    @property
    def more(self) -> tuple[str, str]:
        """The flag, with its value, by which a search that has ended goes on."""
        if self.trials < self.search.trials:
            return "--replicates", str(self.search.replicates + 1)
        return "--trials", str(2 * self.search.trials)

    def drawn(self, draw: Draw) -> dict[str, Any]:
        """Return what `draw` picks under the parameters' names, rates not yet scaled."""
        values = walk(draw, self.with_model)
        return {p.name: values[p.name] for p in self.searched if p.name in values}

    def suggest(self, draw: Draw) -> dict[str, Any]:
        """Return a trial's {"model_name": …} and active parameters, as `draw` picks them."""
        return suggest(draw, self.with_model, self.width)

    def settings_for(self, params: dict[str, Any]) -> SAESettings:
        """Return the checked settings of a trial's parameters; SettingError when one is wrong."""
        settings = settings_of(params)
        settings.check_width(self.width)
        return settings

    def allowed(self, metrics: Mapping[str, Any]) -> bool:
        """Return True if a trial with these dev metrics may be best: no leak, constraints met."""
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
            check_corners(self.with_model, width)
        except SettingError as error:
            lines = {parameter.name: parameter.line for parameter in self.parameters}
            hint = "" if error.key in lines else " (its default)"
            line = lines.get(error.key, self.section_line)
            place = (PARAMETERS, error.key)
            raise mistake(self.source, line, error.key, f"{error.message}{hint}", place) from None

    def with_views(self) -> "SearchSpace":
        """Return the space with as many views stored as any of its trials needs."""
        views = most_views(self.with_model)
        return dataclasses.replace(self, activations=self.activations.with_views(views))

    @property
    def max_epochs(self) -> int:
        """The largest `sae_epochs` that a trial can have."""
        given = [p for p in self.parameters if p.name == EPOCHS]
        values = [int(value) for p in given for value in p.corners()]
        if (
            not given or given[0].when or given[0].cases
        ):  # where the parameter takes no part, the default holds
            values += [variant(model).Settings().sae_epochs for model in self.models]
        return max(values)

    @property
    def decides_by_expected(self) -> bool:
        """Whether samplers and schedulers compare what trials are expected to score."""
        decides = self.search.decide_by
        return decides == "expected" or (decides == AUTO and len(self.objectives) == 1)

    @property
    def selects_by_expected(self) -> bool:
        """Whether the best trial is chosen by what it is expected to score: of one objective."""
        return len(self.objectives) == 1 and self.search.select_by == "expected"

    @property
    def clash(self) -> tuple[str, str, str] | None:
        """What sections forbid each other: section, key and message."""
        grid = self.grid
        return clash(
            self.search,
            self.scheduler,
            len(self.objectives),
            self.max_epochs,
            infinite=grid.infinite,
            # Asked of a grid alone, for it takes milliseconds.
            countable=not SAMPLERS.says(self.search.sampler, "finite") or grid.size is not None,
        )

    @property
    def fingerprint(self) -> str:
        """A name for all that the space says."""
        return digest(self.resolved())

    def override(
        self,
        *,
        data: Mapping[str, Any] | None = None,
        base: Mapping[str, Any] | None = None,
        search: Mapping[str, Any] | None = None,
        scheduler: Mapping[str, Any] | None = None,
        resources: Mapping[str, Any] | None = None,
    ) -> "SearchSpace":
        """Return the space with what the command line gives of each section, by setting.

        None leaves a value as it is; `data` may hold `dataset` too. A SettingError names the flag,
        which for a section's `name` is the section.
        """
        flags = without_none(data)
        choice = BaseChoice.of(dict(base)) if base else self.base
        # A base that is given knows its data by itself; the space's are others.
        own = base is not None and "checkpoint" in base
        try:
            named, known = with_flags(*((None, {}) if own else (self.dataset, self.data)), flags)
        except SettingError as error:
            raise with_its_place(error, self.data, flags, self.source) from None
        settings = changed(self.search, search)
        # Unless it was named it goes with the sampler, which a flag may have changed.
        auto = {} if self.scheduler_named else {"name": AUTO}
        try:
            stopping = changed(self.scheduler, auto | without_none(scheduler))
        except SettingError as error:
            raise SettingError(flag_of("scheduler", error.key), error.message) from None
        space = dataclasses.replace(
            self,
            dataset=named,
            data=known,
            data_flags=tuple(flags),
            base=choice,
            search=settings,
            scheduler=stopping.settled(len(self.objectives), settings.sampler),
            scheduler_named=stopping.name != AUTO,
            resources=changed(self.resources, resources),
        )
        if clash := space.clash:
            raise SettingError(flag_of(*clash[:2]), clash[2])
        return space

    def resolved(self) -> dict[str, Any]:
        """Return the space as plain values with everything explicit; `space_of` reads it back."""
        names = list(self.models)
        return {
            "model_name": names if len(names) != 1 else names[0],
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
