"""The space of a run as its search.yaml keeps it, read without looking up what it names.

So a run opens when a model, a setting, a metric or a sampler of it is there no more.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from recsae.activations.settings import ActivationSettings
from recsae.errors import SettingError
from recsae.metrics.bounds import Bound
from recsae.recommenders.base_choice import BaseChoice, ChoiceSettings
from recsae.settings import Settings, Words, fields
from recsae.space.conditions import in_order
from recsae.space.file_format.document import mistake
from recsae.space.file_format.forms import AnyForm
from recsae.space.file_format.values import listed
from recsae.space.kinds import SAMPLERS
from recsae.space.ranges import with_reach
from recsae.space.sections import ResourceSettings, SchedulerSettings, SearchSettings
from recsae.space.space import SearchSpace

Section = dict[str, Any]


def _bound(written: Any) -> Any:
    Bound.of(written)
    return written


class _Stored(Settings):
    """What a space has been written as; sections that newer versions added may be missing."""

    model_config = ConfigDict(extra="ignore")
    model_name: Annotated[list[str], BeforeValidator(listed)] = []
    dataset: str | None = None
    data: Section = {}
    base: Section = {}
    activations: Section = {}
    parameters: dict[str, AnyForm] = {}
    objectives: Annotated[
        dict[str, Literal["max", "min"]],
        Field(min_length=1),
        Words("metrics, each max or min, as every run has"),
    ]
    constraints: dict[str, Annotated[Any, AfterValidator(_bound)]] = {}
    points: list[Section] = []
    search: Section = {}
    scheduler: Section = {}
    resources: Section = {}


def stored_space(values: Any, source: str) -> SearchSpace:
    """Return the space of a run from what `resolved` gave; `source` is for errors.

    Raises RecsaeError if it has not the form of a space; whether its names are known is not asked.
    """
    known = {key: value for key, value in as_now(values).items() if value is not None}
    try:
        file = _Stored.of(known)
        written = [form.parameter(name) for name, form in file.parameters.items()]
        parameters = with_reach(in_order(written))
    except SettingError as error:
        key = ".".join(["space", *(part for part in error.place if isinstance(part, str))])
        raise mistake(source, 0, key, error.message) from None
    # Unchecked: a value may be one that this version refuses.
    search = SearchSettings.model_construct(**file.search)
    scheduler = SchedulerSettings.model_construct(**file.scheduler)
    return SearchSpace(
        models=tuple(file.model_name),
        dataset=file.dataset,
        data=file.data,
        base=_base(file.base),
        activations=ActivationSettings.model_construct(**file.activations),
        parameters=parameters,
        objectives=dict(file.objectives),
        search=search,
        scheduler=scheduler.settled(len(file.objectives), search.sampler),
        resources=ResourceSettings.model_construct(**file.resources),
        constraints=file.constraints,
        points=tuple(file.points),
        source=source,
    )


def as_now(values: Any) -> dict[str, Any]:
    """Return a stored space as it would be stored today.

    Beside a sampler that decides an older run has a scheduler, which never had a say; one that does
    not say by which scores it decided did so by the observed ones.
    """
    found = dict(values) if isinstance(values, Mapping) else {}
    search = found.get("search")
    if isinstance(search, Mapping):
        found["search"] = {"decide_by": "observed", **search}
    if isinstance(search, Mapping) and SAMPLERS.says(str(search.get("sampler")), "decides"):
        found["scheduler"] = {**(found.get("scheduler") or {}), "name": "none"}
    return found


def _base(values: Section) -> BaseChoice:
    choice = {key: values[key] for key in fields(ChoiceSettings) if key in values}
    given = {key: value for key, value in values.items() if key not in choice}
    return BaseChoice(given, **choice, width=given.get("emb_size"))
