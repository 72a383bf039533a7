"""Ranges whose ends depend on other parameters, and parameters of several cases: how wide they are.

Each is checked: what it names is there, is a number, and leaves something to draw.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from recsae.errors import SettingError, nearest
from recsae.settings import LARGEST
from recsae.space.file_format.expressions import Ends, Expression
from recsae.space.parameters import CLOSE, Kind, Parameter, is_number

MOST_TRIED: Final = 4096
"""Settings of the parameters that a range depends on, which are tried."""
_FEW: Final = 64  # values tried of one of them


def with_reach(ordered: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Return the parameters, conditions first, with how far each range reaches at most.

    Raises SettingError for a range that cannot be drawn from.
    """
    known: dict[str, Parameter] = {}
    names = [parameter.name for parameter in ordered]
    for parameter in ordered:
        parts = [
            _reaching(part, known, names) if part.dependent else part for part in parameter.parts
        ]
        whole = combined(parameter.name, parts, parameter.line) if parameter.cases else parts[0]
        known[parameter.name] = whole
    return tuple(known.values())


def combined(name: str, cases: Sequence[Parameter], line: int = 0) -> Parameter:
    """Return the parameter of several cases: of all their kinds, choices and ranges the widest."""
    own = tuple(replace(case, case=i) for i, case in enumerate(cases))
    prior = next((case.prior for case in own if case.prior), None)
    whole = Parameter(name, "choice", prior=prior, cases=own, line=line)
    values = [value for case in own for value in case.corners()]
    if {"int", "float"}.isdisjoint(case.kind for case in own) or not all(map(is_number, values)):
        return replace(whole, choices=tuple(dict.fromkeys(values)))
    kind: Kind = "float" if any(isinstance(value, float) for value in values) else "int"
    log = any(case.log for case in own) and min(values) > 0
    scale = next((case.scale for case in own if case.scale), None)
    return replace(whole, kind=kind, low=min(values), high=max(values), log=log, scale=scale)


def _reaching(
    parameter: Parameter, known: Mapping[str, Parameter], names: Sequence[str]
) -> Parameter:
    """Return a range with its numbers: from the least that it can begin with to the largest end."""
    place = (*parameter.place, parameter.kind)
    ends: dict[str, Ends] = {}
    for name in parameter.ranged_by:
        if name not in known:
            words = f"expected numbers and parameters of this file, got {name}"
            hint = nearest(name, names)
            raise SettingError(parameter.name, f"{words}{hint}", place)
        ends[name] = _numbers(known[name], parameter)
    try:
        low, high = (
            rule.ends(ends) if isinstance(rule, Expression) else (rule, rule)
            for rule in _rules(parameter)
        )
    except ZeroDivisionError:
        raise SettingError(parameter.name, "may divide by 0", place) from None
    if max(abs(low[0]), abs(high[1])) > LARGEST:
        raise SettingError(parameter.name, "expected numbers below 2^63", place)
    whole = parameter.kind == "int"
    reach = (math.ceil(low[0]), math.floor(high[1])) if whole else (float(low[0]), float(high[1]))
    if parameter.log and reach[0] <= 0:
        words = f"expected low > 0 because log is true, got down to {reach[0]}"
        raise SettingError(parameter.name, words, place)
    if reach[0] >= reach[1]:
        words = f"expected low < high, got {reach[0]} to {reach[1]} at most"
        raise SettingError(parameter.name, words, place)
    found = replace(parameter, low=reach[0], high=reach[1])
    _check_never_empty(found, known)
    return found


def _rules(parameter: Parameter) -> tuple[Expression | float, Expression | float]:
    """Return what each end of a range is written as."""
    low, high = parameter.low_of or parameter.low, parameter.high_of or parameter.high
    assert low is not None and high is not None
    return low, high


def _numbers(named: Parameter, parameter: Parameter) -> Ends:
    """Return between which numbers a parameter lies that a range depends on; SettingError."""
    place = (*parameter.place, parameter.kind)
    for condition in named.when if not named.cases else ():
        if not _implied(condition, parameter):
            words = (
                f"expected when: {{{condition[0]}: …}} as {named.name} has, which may take no part"
            )
            raise SettingError(parameter.name, words, place)
    values = named.corners()
    if named.cases or not all(map(is_number, values)):
        what = "one of several cases" if named.cases else f"{named.name} {values[0]!r}"
        raise SettingError(parameter.name, f"expected names of numbers, got {what}", place)
    return min(values), max(values)


def _implied(condition: tuple[str, tuple[Any, ...]], parameter: Parameter) -> bool:
    """Return True if a condition holds wherever the parameter takes part."""
    name, values = condition
    return any(own == name and set(wanted) <= set(values) for own, wanted in parameter.when)


def _check_never_empty(parameter: Parameter, known: Mapping[str, Parameter]) -> None:
    for values in islice(_settings(parameter, known), MOST_TRIED):
        low, high = (
            rule.value(values) if isinstance(rule, Expression) else rule
            for rule in _rules(parameter)
        )
        whole = parameter.kind == "int"
        if (math.ceil(low - CLOSE) > math.floor(high + CLOSE)) if whole else low > high:
            where = ", ".join(f"{name} {values[name]}" for name in parameter.ranged_by)
            words = f"expected low <= high, got [{low:g}, {high:g}] where {where}"
            raise SettingError(parameter.name, words, (*parameter.place, parameter.kind))


def _settings(parameter: Parameter, known: Mapping[str, Parameter]) -> Iterator[dict[str, Any]]:
    """Yield values of all that a range depends on, directly or not: ends of ranges, and choices."""
    needed, left = set(), [*parameter.ranged_by]
    while left:
        name = left.pop()
        needed.add(name)
        left += [other for other in known[name].ranged_by if other not in needed]
    yield from _values([known[name] for name in known if name in needed], {})


def _values(left: Sequence[Parameter], values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if not left:
        yield dict(values)
        return
    own = left[0].at(values)
    options = own.grid()
    tried = options if len(options) <= _FEW else own.corners()
    for value in tried:
        yield from _values(left[1:], {**values, own.name: value})
