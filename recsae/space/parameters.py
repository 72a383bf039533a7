"""One parameter of a search space, and how a set of them is drawn.

`when` is a conjunction: the parameter takes part in a trial if every named one has a listed value.
What is drawn may depend on the values before it: by ends that are expressions, or by cases.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

from recsae.errors import Place, unexpected
from recsae.sae.base import SAESettings
from recsae.sae.registry import variant
from recsae.settings import Settings, Words
from recsae.space.file_format.expressions import Expression
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
    low_of: Expression | None = None
    high_of: Expression | None = None
    """What an end depends on; `low` and `high` are then how far it reaches at most."""
    cases: "tuple[Parameter, ...]" = ()
    """What is drawn where; of several the first whose `when` holds. The rest is all of them."""
    case: int | None = None
    """Of a case: which one of its parameter it is."""
    line: int = field(default=0, compare=False)

    @property
    def searched(self) -> bool:
        """True if its value is drawn."""
        return self.kind != "fixed"

    @property
    def continuous(self) -> bool:
        """True if it takes infinitely many values."""
        return any(one.kind == "float" for one in self.parts)

    @property
    def parts(self) -> "tuple[Parameter, ...]":
        """Its cases, or itself."""
        return self.cases or (self,)

    @property
    def label(self) -> str:
        """A name that a case shares with no other."""
        return self.name if self.case is None else f"{self.name}[{self.case}]"

    @property
    def place(self) -> Place:
        """Where it stands in a space file."""
        return (PARAMETERS, self.name, *(() if self.case is None else (self.case,)))

    @property
    def dependent(self) -> bool:
        """True if an end of its range depends on other parameters."""
        return self.low_of is not None or self.high_of is not None

    @property
    def ranges(self) -> bool:
        """True if what it is drawn from depends on other parameters."""
        return bool(self.cases) or self.dependent

    @property
    def ranged_by(self) -> tuple[str, ...]:
        """Names of the parameters that its ends depend on."""
        ends = [end for end in (self.low_of, self.high_of) if end is not None]
        return tuple(dict.fromkeys(name for end in ends for name in end.names))

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Names of the parameters that decide whether, or from what, it is drawn."""
        names = [(*(name for name, _ in one.when), *one.ranged_by) for one in self.parts]
        return tuple(dict.fromkeys(name for part in names for name in part))

    def at(self, values: Mapping[str, Any]) -> "Parameter":
        """Return what is drawn beside these values: the case that holds, the range there.

        Where a value is not known, as in a run of another space, it is as wide as it can be.
        """
        if self.cases:
            held = next((case for case in self.cases if case.active(values)), None)
            return self if held is None else held.at(values)
        if not self.dependent or any(not is_number(values.get(name)) for name in self.ranged_by):
            return self
        low, high = self.ends
        start = low if self.low_of is None else self.low_of.value(values)
        end = high if self.high_of is None else self.high_of.value(values)
        if self.kind == "int":
            # Not ceil and floor themselves: 0.3 * 10 is a little more than 3.
            start, end = math.ceil(start - CLOSE), math.floor(end + CLOSE)
            end -= (end - start) % (self.step or 1)
        start = min(max(start, low), high)
        return replace(self, low=start, high=max(start, min(end, high)))

    def clipped(self, value: Any) -> Any:
        """Return the value that the search could draw which is nearest to this one."""
        if self.takes(value):
            return value
        if self.kind == "fixed" or not is_number(value):
            return self.corners()[0]
        if self.kind == "choice":
            numbers = [option for option in self.choices if is_number(option)]
            return min(numbers, key=lambda one: abs(one - value), default=self.choices[0])
        low, high = self.ends
        inside = min(max(value, low), high)
        step = self.step or 1
        return inside if self.kind == "float" else int(low + (inside - low) // step * step)

    def unmet(self, values: Mapping[str, Any]) -> tuple[str, tuple[Scalar, ...]] | None:
        """Return the first condition that `values` do not meet: its name and values. Or None."""
        if self.cases:
            missing = [case.unmet(values) for case in self.cases]
            return None if None in missing else missing[0]
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
        if self.cases:
            return [case.written() for case in self.cases]
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
        return {self.kind: list(self.range), "log": self.log, **step, **scale, **when}

    @property
    def range(self) -> tuple[Any, Any]:
        """Both ends of a range as a file has them: numbers, or the text of an expression."""
        return (
            self.low if self.low_of is None else self.low_of.text,
            self.high if self.high_of is None else self.high_of.text,
        )

    def words(self) -> str:
        """Return the parameter in a few words, e.g. "sae_k 2 to 16 (log)"."""
        if self.cases:
            parts = [case.words().removeprefix(self.name).strip() for case in self.cases]
            return f"{self.name} {' or '.join(parts)}"
        if self.kind == "fixed":
            return f"{self.name} {self.value}"
        marks = ["log"] * self.log + [f"step {self.step}"] * bool(self.step)
        marks += [f"x sqrt({LATENTS_OF_THE_PRIOR} / {self.scale})"] * bool(self.scale)
        marks += [f"around {self.prior.around}"] if self.prior else []
        listed = f"{{{', '.join(map(str, self.choices))}}}"
        values = listed if self.kind == "choice" else "{} to {}".format(*self.range)
        return f"{self.name} {values}" + (f" ({', '.join(marks)})" if marks else "")

    def takes(self, value: Any) -> bool:
        """Return True if the search could draw this value."""
        if self.cases:
            return any(case.takes(value) for case in self.cases)
        if self.kind in ("fixed", "choice"):
            return any(_same(value, option) for option in self.corners())
        if not is_number(value):
            return False
        low, high = self.ends
        if not low <= value <= high:
            return False
        # A step begins where the range does, which may depend on others.
        known = self.kind == "float" or self.low_of is not None
        return known or (value - low) % (self.step or 1) == 0


CLOSE = 1e-9
"""Rounding by which an end may miss an integer."""


def is_number(value: Any) -> bool:
    """Return True for an integer or a fraction; true is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: Any, option: Scalar) -> bool:
    """Return True for equal values; true is not 1."""
    return isinstance(value, bool) == isinstance(option, bool) and bool(value == option)


Draw = Callable[[Parameter], Any]
"""Picks a value of a searched parameter: an Optuna trial, a random generator, a script."""


def drawn_near(values: Mapping[str, Any]) -> Draw:
    """Return what picks given values, or the nearest ones that the search could draw there."""
    return lambda parameter: parameter.clipped(values[parameter.name])


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
            own = parameter.at(values)
            values[parameter.name] = draw(own) if own.searched else own.value
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
