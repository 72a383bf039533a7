"""One space that has all trials of several: ranges as wide as needed, all models, all choices."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Written = Mapping[str, Any]
"""A space as search.yaml keeps it: resolved, plain values."""

_RANGES: Final = ("int", "float")
_VALUE: Final = "value"
_MODEL: Final = "model_name"
_LONGEST: Final = 80


def united_space(spaces: Sequence[Written]) -> dict[str, Any]:
    """Return the first space, widened; ValueError names a parameter that no range can hold."""
    models = list(dict.fromkeys(model for space in spaces for model in _models(space)))
    names = dict.fromkeys(name for space in spaces for name in _parameters(space))
    budget = [(space.get("search") or {}).get("trials") for space in spaces]
    search = dict(spaces[0].get("search") or {})
    if search and None not in budget:
        search["trials"] = sum(budget)
    return {
        **spaces[0],
        **({_MODEL: models if len(models) > 1 else models[0]} if models else {}),
        "parameters": {name: _united(name, spaces, models) for name in names},
        **({"search": search} if search else {}),
    }


def shown(value: Any) -> str:
    """Return a value as a short text."""
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _models(space: Written) -> list[str]:
    names = space.get(_MODEL)
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def _parameters(space: Written) -> dict[str, Any]:
    return dict(space.get("parameters") or {})


def _united(name: str, spaces: Sequence[Written], models: Sequence[str]) -> Any:
    """Return one parameter of all spaces; where only some have it, it is for their models alone."""
    having = [space for space in spaces if name in _parameters(space)]
    spec = _parameters(having[0])[name]
    for space in having[1:]:
        other = _parameters(space)[name]
        try:
            spec = _either(spec, other)
        except ValueError:
            raise ValueError(f"parameters.{name} {shown(spec)} and {shown(other)}") from None
    own = list(dict.fromkeys(model for space in having for model in _models(space)))
    when = _spec(spec).get("when") or {}
    if set(own) < set(models) and _MODEL not in when:
        return {**_spec(spec), "when": {_MODEL: own, **when}}
    return spec


def _either(one: Any, other: Any) -> Any:
    """Return a specification that allows what both do; ValueError if there is none."""
    if one == other:
        return one
    first, second = _spec(one), _spec(other)
    conditions = [spec.pop("when", None) for spec in (first, second)]
    if None not in conditions and conditions[0] != conditions[1]:
        raise ValueError
    when = conditions[0] or conditions[1]
    united = _values(first, second)
    return {**united, "when": when} if when else united


def _values(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    if first.get("scale") != second.get("scale"):
        raise ValueError
    kinds = [next(iter(spec)) for spec in (first, second)]
    if set(kinds) <= {"choice", _VALUE}:
        return {"choice": _choices(first, second)}
    if kinds[0] == kinds[1]:
        return _range(first, second)
    ranged, fixed = (second, first) if kinds[0] == _VALUE else (first, second)
    value: Any = fixed.get(_VALUE)
    if next(iter(ranged)) not in _RANGES or not _is_number(value):
        raise ValueError
    return _widened(ranged, value, value)


def _range(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    if bool(first.get("log")) != bool(second.get("log")):
        raise ValueError
    low, high = second[next(iter(second))]
    kept = first if first.get("step") == second.get("step") else {**first, "step": None}
    return _widened(kept, low, high)


def _widened(spec: dict[str, Any], low: float, high: float) -> dict[str, Any]:
    """Return a range that reaches from `low` to `high` too; its step may not divide it any more."""
    kind = next(iter(spec))
    before = spec[kind]
    reach = [min(before[0], low), max(before[1], high)]
    kept = {key: value for key, value in spec.items() if key != "prior"}
    step = kept.pop("step", None)
    if step and not any((edge - before[0]) % step for edge in reach):
        kept["step"] = step
    return {**kept, kind: reach}


def _choices(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Any]:
    choices: list[Any] = []
    for spec in (first, second):
        choices += [c for c in spec.get("choice", [spec.get(_VALUE)]) if c not in choices]
    return choices


def _spec(written: Any) -> dict[str, Any]:
    return dict(written) if isinstance(written, dict) else {_VALUE: written}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
