"""The sections of a search space that are settings of their own, and the objectives it may have."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from recsae.settings import KeyedValueError, Settings

OURS = "ours"
"""The sampler that decides by itself which trials go on: it has no scheduler beside it."""
ONE_OBJECTIVE = (OURS, "cmaes")
"""Samplers that take one objective alone."""
AUTO = "auto"
"""The scheduler that goes with the number of objectives."""


class SearchSettings(Settings):
    """How settings are proposed, and how many."""

    sampler: Literal["ours", "tpe", "random", "gp", "cmaes", "nsgaii", "qmc"] = "tpe"
    """What proposes trials: ours, tpe, gp (a Gaussian process), cmaes and nsgaii (evolution)
    learn from the trials so far; random and qmc (evenly spread) do not. ours also stops trials, so
    it takes no scheduler; ours and cmaes take one objective."""
    trials: Annotated[int, Field(ge=1)] = 64
    """Trials in all."""
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


class SchedulerSettings(Settings):
    """Which trials are stopped or paused before their last epoch."""

    name: Literal["auto", "asha", "asha_promote", "hyperband", "median", "one_epoch", "none"] = (
        "auto"
    )
    """auto is asha with one objective and median with several. asha stops the weaker trials at
    each rung; asha_promote pauses all and lets the best go on; hyperband does so in brackets that
    begin at later and later rungs; median stops what is worse than most others were on average;
    one_epoch pauses all after the grace and trains the best few to their end; none lets every
    trial run to its end. With several objectives trials are ranked
    by non-dominated sorting; halving (asha, asha_promote, hyperband) then leaves a front of few."""
    grace_epochs: Annotated[int, Field(ge=1)] = 1
    """The first rung: no trial stops before this many epochs."""
    reduction_factor: Annotated[int, Field(ge=2)] = 3
    """Of this many trials at a rung one goes on; also the ratio between two rungs. For asha,
    asha_promote and hyperband."""
    keep: Annotated[int, Field(ge=1)] = 4
    """How many trials one_epoch trains to their end."""

    def settled(self, objectives: int, sampler: str) -> "SchedulerSettings":
        """Return the settings with the scheduler that auto stands for."""
        if self.name != AUTO:
            return self
        several = "median" if objectives > 1 else "asha"
        name = "none" if sampler == OURS else several
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
            told = "expected 0, 1, a fraction below 1, or auto, as a trial uses one device"
            raise KeyedValueError("gpus", f"{told}, got {self.gpus:g}")
        return self
