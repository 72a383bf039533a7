"""One parameter of a search space, and how a set of them is drawn.

`when` is a conjunction: the parameter takes part in a trial if every named one has a listed value.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from recsae.sae.base import SAESettings
from recsae.sae.registry import variant

Kind = Literal["int", "float", "choice", "fixed"]
Scalar = str | int | float | bool | None
When = tuple[tuple[str, tuple[Scalar, ...]], ...]
Integer: TypeAlias = int
Number: TypeAlias = float
"""Other names of the types, because the methods of Draw carry theirs."""

MODEL = "model_name"
LATENTS_OF_THE_PRIOR = 2**14
"""Dictionary size at which a rate with `scale: latents` is meant (FVU's usual scaling law)."""


class Draw(Protocol):
    """Whatever picks values: an Optuna trial, a random generator, a script."""

    def int(self, name: str, low: Integer, high: Integer, log: bool, step: Integer) -> Integer:
        """Pick an integer from low to high, both included."""

    def float(self, name: str, low: Number, high: Number, log: bool) -> Number:
        """Pick a number from low to high."""

    def choice(self, name: str, options: Sequence[Any]) -> Any:
        """Pick one of the options."""


class Prior(NamedTuple):
    """Where the user thinks that the best value is."""

    around: Scalar
    """In the file's terms, before a rate is scaled."""
    sure: Literal["low", "medium", "high"] = "medium"

    def written(self) -> dict[str, Scalar]:
        """Return it as a space file may write it."""
        return self._asdict()


class Scripted:
    """A Draw that takes what was drawn before."""

    def __init__(self, drawn: dict[str, Any]) -> None:
        self._drawn = drawn

    def int(self, name: str, low: Integer, high: Integer, log: bool, step: Integer) -> Any:
        """Return the integer drawn for a name."""
        return self._drawn[name]

    def float(self, name: str, low: Number, high: Number, log: bool) -> Any:
        """Return the number drawn for a name."""
        return self._drawn[name]

    def choice(self, name: str, options: Any) -> Any:
        """Return the option drawn for a name."""
        return self._drawn[name]


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

    def active(self, params: dict[str, Any]) -> bool:
        """Return True if the values drawn so far let this parameter take part."""
        return all(name in params and params[name] in values for name, values in self.when)

    def draw(self, draw: Draw) -> Any:
        """Return a value, not yet scaled."""
        if self.kind == "fixed":
            return self.value
        if self.kind == "choice":
            return draw.choice(self.name, self.choices)
        assert self.low is not None and self.high is not None
        if self.kind == "float":
            return draw.float(self.name, self.low, self.high, self.log)
        return draw.int(self.name, int(self.low), int(self.high), self.log, self.step or 1)

    def grid(self) -> Sequence[Any]:
        """Return all values in order; of a float range, its ends."""
        if self.kind == "int":
            assert self.low is not None and self.high is not None
            return range(int(self.low), int(self.high) + 1, self.step or 1)
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
        when |= {"prior": self.prior.written()} if self.prior else {}
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
        assert self.low is not None and self.high is not None
        if not self.low <= value <= self.high:
            return False
        return self.kind == "float" or (value - self.low) % (self.step or 1) == 0


def _same(value: Any, option: Scalar) -> bool:
    """Return True for equal values; true is not 1."""
    return isinstance(value, bool) == isinstance(option, bool) and bool(value == option)


def suggest(
    draw: Draw, models: Sequence[str], parameters: Iterable[Parameter], width: int
) -> dict[str, Any]:
    """Return {"model_name": …} and the active parameters, rates scaled, for states of `width`."""
    model = draw.choice(MODEL, tuple(models)) if len(models) > 1 else models[0]
    params: dict[str, Any] = {MODEL: model}
    drawn = []
    for parameter in parameters:
        if parameter.active(params):
            params[parameter.name] = parameter.draw(draw)
            drawn.append(parameter)
    scaled = [parameter.name for parameter in drawn if parameter.scale]
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
