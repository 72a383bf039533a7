"""One space that has all trials of several: ranges as wide as needed, all models, all choices."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from recsae.space.conditions import in_order
from recsae.space.parameters import MODEL, Parameter
from recsae.space.ranges import with_reach
from recsae.space.space import SearchSpace

_LONGEST: Final = 80


def united_space(spaces: Sequence[SearchSpace]) -> SearchSpace:
    """Return the first space, widened; ValueError names a parameter that no range can hold."""
    models = tuple(dict.fromkeys(model for space in spaces for model in space.models))
    names = dict.fromkeys(p.name for space in spaces for p in space.parameters)
    trials = sum(space.search.trials for space in spaces)
    return replace(
        spaces[0],
        models=models,
        parameters=with_reach(in_order([_united(name, spaces, models) for name in names])),
        search=spaces[0].search.model_copy(update={"trials": trials}),
    )


def shown(value: Any) -> str:
    """Return a value as a short text."""
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _united(name: str, spaces: Sequence[SearchSpace], models: Sequence[str]) -> Parameter:
    """Return one parameter of all spaces; where only some have it, it is for their models alone."""
    having = [space for space in spaces if name in space.by_name]
    parameter = reduce(_either, (space.by_name[name] for space in having))
    own = tuple(dict.fromkeys(model for space in having for model in space.models))
    if set(own) < set(models) and MODEL not in dict(parameter.when):
        return replace(parameter, when=((MODEL, own), *parameter.when))
    return parameter


def _either(one: Parameter, other: Parameter) -> Parameter:
    """Return a parameter that has all values of both; ValueError if there is none."""
    if one == other or one.written() == other.written():
        return one  # where a range depends on others, it grows with these
    united = _values(one, other)
    if united is None or (one.when and other.when and dict(one.when) != dict(other.when)):
        message = f"{shown(one.written())} and {shown(other.written())}"
        raise ValueError(f"parameters.{one.name} {message}")
    return replace(united, when=one.when or other.when)


def _values(one: Parameter, other: Parameter) -> Parameter | None:
    if one.scale != other.scale or one.cases or other.cases:
        return None
    kinds = {one.kind, other.kind}
    if kinds <= {"choice", "fixed"}:
        choices = list(one.corners())
        choices += [choice for choice in other.corners() if choice not in choices]
        return Parameter(one.name, "choice", choices=tuple(choices))
    if one.kind == other.kind:
        kept = one if one.step == other.step else replace(one, step=None)
        return _widened(kept, *other.ends) if one.log == other.log else None
    ranged, fixed = (other, one) if one.kind == "fixed" else (one, other)
    if fixed.kind != "fixed" or ranged.kind == "choice":
        return None
    if isinstance(fixed.value, bool) or not isinstance(fixed.value, int | float):
        return None
    return _widened(ranged, fixed.value, fixed.value)


def _widened(parameter: Parameter, low: float, high: float) -> Parameter:
    """Return a range that reaches from `low` to `high` too; its step may not divide it any more."""
    # An end that depends on others is taken as far as it can reach.
    parameter = replace(parameter, low_of=None, high_of=None)
    start, end = parameter.ends
    reach = min(start, low), max(end, high)
    even = parameter.step and not any((edge - start) % parameter.step for edge in reach)
    step = parameter.step if even else None
    return replace(parameter, low=reach[0], high=reach[1], step=step, prior=None)
