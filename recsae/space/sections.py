"""The sections of a search space that are settings of their own, and the objectives it may have."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from recsae.settings import KeyedValueError, OneOf, Settings
from recsae.space.kinds import AUTO, SAMPLERS, samplers, schedulers


class SearchSettings(Settings):
    """How settings are proposed, and how many."""

    sampler: Annotated[str, OneOf(samplers)] = "tpe"
    """What proposes trials."""
    trials: Annotated[int, Field(ge=1)] = 64
    """Trials in all."""
    replicates: Annotated[int, Field(ge=1)] = 1
    """How often the same settings may be tried, each time with another seed, where the space has
    finitely many."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the proposals and of the order of the data."""
    max_hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Stop after this many hours; left out, only the number of trials counts."""
    max_device_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Stop when trials have held a device (a GPU, or a CPU without one) for so long together."""
    max_epochs: Annotated[int, Field(ge=1)] | None = None
    """Stop when all trials together have trained this many epochs."""
    stop_at_noise: bool = False
    """Stop when a further trial is expected to gain less than one seed differs from another."""
    finalists: Annotated[int, Field(ge=0)] = 0
    """So many of the best are trained anew at the end with fresh seeds, then scored on test."""
    finalist_seeds: Annotated[int, Field(ge=1)] = 3
    """Seeds that each finalist is trained with."""
    decide_by: Literal["auto", "expected", "observed"] = AUTO
    """Which scores samplers and schedulers compare: what the settings would score with another
    seed, told from FVU and L0 of all trials, or what they scored. auto: expected with one
    objective, observed with several."""
    select_by: Literal["expected", "observed"] = "expected"
    """Which scores choose the best trial and the finalists of one objective: what the settings
    would score with another seed, told from FVU and L0 of all trials, or what they scored."""


class SchedulerSettings(Settings):
    """Which trials are stopped or paused before their last epoch."""

    name: Annotated[str, OneOf(schedulers)] = AUTO
    """What stops or pauses trials. With several objectives it ranks them by non-dominated
    sorting."""
    grace_epochs: Annotated[int, Field(ge=1)] = 1
    """The first rung: no trial stops before this many epochs."""
    reduction_factor: Annotated[int, Field(ge=2)] = 3
    """Of this many trials at a rung one goes on; also the ratio between two rungs."""
    keep: Annotated[int, Field(ge=1)] = 4
    """How many trials are trained to their end, where the scheduler chooses so many."""

    def settled(self, objectives: int, sampler: str) -> "SchedulerSettings":
        """Return the settings with the scheduler that auto stands for."""
        if self.name != AUTO:
            return self
        several = "median" if objectives > 1 else "asha"
        name = "none" if SAMPLERS.says(sampler, "decides") else several
        return SchedulerSettings.of({**self.values(), "name": name})


_Gpus = Annotated[
    # The upper end is the validator's, which says why; here it is only for the schema.
    float, Field(ge=0, allow_inf_nan=False, json_schema_extra={"maximum": 1})
]


class ResourceSettings(Settings):
    """What one trial holds while it runs."""

    cpus: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """CPU cores a trial; fractions share one."""
    gpus: _Gpus | Literal["auto"] = "auto"
    """GPUs a trial, at most 1, as it uses one device; fractions share one; auto packs as many
    trials on a GPU as fit; with 0 the base is trained without one too."""

    @model_validator(mode="after")
    def _at_most_one_gpu(self) -> Self:
        if self.gpus != "auto" and self.gpus > 1:
            words = "expected 0, 1, a fraction below 1, or auto, as a trial uses one device"
            raise KeyedValueError("gpus", f"{words}, got {self.gpus:g}")
        return self


def clash(
    search: SearchSettings,
    scheduler: SchedulerSettings,
    objectives: int,
    max_epochs: int,
    infinite: Sequence[str] = (),
    countable: bool = True,
) -> tuple[str, str, str] | None:
    """Return what sections forbid each other: section, key and message.

    infinite: parameters that take infinitely many values; countable: whether the settings are
    few enough to count them.
    """
    sampler = search.sampler
    if scheduler.name != "none" and scheduler.grace_epochs > max_epochs:
        message = f"expected at most sae_epochs {max_epochs}, got {scheduler.grace_epochs}"
        return "scheduler", "grace_epochs", message
    if SAMPLERS.says(sampler, "one_objective") and objectives > 1:
        return "search", "sampler", f"expected another with several objectives, got {sampler}"
    if SAMPLERS.says(sampler, "finite") and (infinite or not countable):
        take = f"{', '.join(infinite)} take{'s' * (len(infinite) == 1)} any number of a range"
        reason = f"or choices, as {take}" if infinite else "as there are too many settings to count"
        return "search", "sampler", f"expected another, {reason}; got {sampler}"
    if SAMPLERS.says(sampler, "decides") and scheduler.name != "none":
        message = f"expected none with the sampler {sampler}, which stops trials by itself"
        return "scheduler", "name", f"{message}, got {scheduler.name}"
    if search.stop_at_noise and objectives > 1:
        return "search", "stop_at_noise", "expected false with several objectives, got true"
    return None
