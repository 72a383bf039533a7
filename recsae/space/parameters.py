"""One parameter of a search space, and how a set of them is drawn.

`when` is a conjunction: the parameter takes part in a trial if every named one has a listed value.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from recsae.errors import unexpected
from recsae.sae.base import SAESettings
from recsae.sae.registry import variant
from recsae.settings import Settings, Words
from recsae.space.file_format.values import Scalar, Value

Kind = Literal["int", "float", "choice", "fixed"]
When = tuple[tuple[str, tuple[Scalar, ...]], ...]

MODEL, PARAMETERS = "model_name", "parameters"
EPOCHS, SEED, RATE = "sae_epochs", "sae_seed", "sae_lr"
"""Names of parameters that mean something to a search."""
LATENTS_OF_THE_PRIOR = 2**14
"""Dictionary size at which a rate with `scale: latents` is meant (FVU's usual scaling law)."""


class Prior(Settings):
    """Where the user thinks that the best value is."""

    written_as: ClassVar[str] = "{around: value, sure: medium}"
    around: Annotated[Value, Words("a value")]
    """In the file's terms, before a rate is scaled."""
    sure: Annotated[Literal["low", "medium", "high"], Words("low, medium or high")] = "medium"
    """How large a share of the proposals comes from near it."""

    @classmethod
    def unknown(cls, key: str) -> str:
        """Return what to tell of a key that a prior does not have."""
        return unexpected(key, [*cls.model_fields])


@dataclass(frozen=True)
class Parameter:
    """A setting that is fixed, or searched in a range or among choices."""

    name: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    log: bool = False
    step: int | None = None
    choices: tuple[Scalar, ...] = ()
    value: Scalar = None
    scale: Literal["latents"] | None = None
    prior: Prior | None = None
    when: When = ()
    line: int = field(default=0, compare=False)

    @property
    def searched(self) -> bool:
        """True if its value is drawn."""
        return self.kind != "fixed"

    @property
    def continuous(self) -> bool:
        """True if it takes infinitely many values."""
        return self.kind == "float"

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Names of the parameters that decide whether, or from what, it is drawn."""
        return tuple(name for name, _ in self.when)

    def unmet(self, values: Mapping[str, Any]) -> tuple[str, tuple[Scalar, ...]] | None:
        """Return the first condition that `values` do not meet: its name and values. Or None."""
        for name, wanted in self.when:
            if name not in values or values[name] not in wanted:
                return name, wanted
        return None

    def active(self, values: Mapping[str, Any]) -> bool:
        """Return True if the values drawn so far let this parameter take part."""
        return self.unmet(values) is None

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends of a range."""
        assert self.low is not None and self.high is not None
        return self.low, self.high

    def grid(self) -> Sequence[Any]:
        """Return all values in order; of a float range, its ends."""
        if self.kind == "int":
            low, high = self.ends
            return range(int(low), int(high) + 1, self.step or 1)
        return self.corners()

    def corners(self) -> Sequence[Any]:
        """Return the extreme values of a range, or all choices."""
        if self.kind == "fixed":
            return (self.value,)
        return self.choices or (self.low, self.high)

    def written(self) -> Any:
        """Return the parameter as a space file may write it, every option explicit."""
        when: dict[str, Any] = {}
        if self.when:
            when = {"when": {name: list(values) for name, values in self.when}}
        if self.kind == "fixed":
            return {"value": self.value, **when} if when else self.value
        when |= {"prior": self.prior.values()} if self.prior else {}
        if self.kind == "choice":
            return {"choice": list(self.choices), **when}
        step = {"step": self.step} if self.step is not None else {}
        scale = {"scale": self.scale} if self.scale else {}
        return {self.kind: [self.low, self.high], "log": self.log, **step, **scale, **when}

    def words(self) -> str:
        """Return the parameter in a few words, e.g. "sae_k 2 to 16 (log)"."""
        if self.kind == "fixed":
            return f"{self.name} {self.value}"
        marks = ["log"] * self.log + [f"step {self.step}"] * bool(self.step)
        marks += [f"x sqrt({LATENTS_OF_THE_PRIOR} / {self.scale})"] * bool(self.scale)
        marks += [f"around {self.prior.around}"] if self.prior else []
        listed = f"{{{', '.join(map(str, self.choices))}}}"
        values = listed if self.kind == "choice" else f"{self.low} to {self.high}"
        return f"{self.name} {values}" + (f" ({', '.join(marks)})" if marks else "")

    def takes(self, value: Any) -> bool:
        """Return True if the search could draw this value."""
        if self.kind in ("fixed", "choice"):
            return any(_same(value, option) for option in self.corners())
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        low, high = self.ends
        if not low <= value <= high:
            return False
        return self.kind == "float" or (value - low) % (self.step or 1) == 0


def _same(value: Any, option: Scalar) -> bool:
    """Return True for equal values; true is not 1."""
    return isinstance(value, bool) == isinstance(option, bool) and bool(value == option)


Draw = Callable[[Parameter], Any]
"""Picks a value of a searched parameter: an Optuna trial, a random generator, a script."""


def drawn_before(values: Mapping[str, Any]) -> Draw:
    """Return what picks the values that were drawn before, under the parameters' names."""
    return lambda parameter: values[parameter.name]


def walk(draw: Draw, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return the values of the parameters that take part, in their order, before any scaling.

    `parameters` begin with the model's, and conditions come before what depends on them.
    """
    values: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.active(values):
            values[parameter.name] = draw(parameter) if parameter.searched else parameter.value
    return values


def suggest(draw: Draw, parameters: Sequence[Parameter], width: int) -> dict[str, Any]:
    """Return {"model_name": …} and the active parameters, rates scaled, for states of `width`."""
    params = walk(draw, parameters)
    scaled = [p.name for p in parameters if p.scale and p.name in params]
    if scaled:
        factor = rate_factor(settings_of(params).latents(width))
        params |= {name: params[name] * factor for name in scaled}
    return params


def rate_factor(latents: int) -> float:
    """Return by what a rate with `scale: latents` is multiplied."""
    return math.sqrt(LATENTS_OF_THE_PRIOR / latents)


def settings_of(params: dict[str, Any]) -> SAESettings:
    """Return the settings object of a trial's parameters; SettingError when one is wrong."""
    own = {name: value for name, value in params.items() if name != MODEL}
    return variant(params[MODEL]).Settings.of(own)
