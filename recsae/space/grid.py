"""The settings of a space as a numbered list that is never written out: how many, and the i-th.

Values are counted, not listed: a parameter that nothing depends on multiplies, and only one that a
condition names is gone through value by value.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from recsae.space.parameters import Parameter

MOST_STEPS: Final = 20_000
"""Of counting, which takes milliseconds; a space that needs more counts as infinite."""

Key = tuple[int, tuple[tuple[str, Any], ...]]


class Grid:
    """All that may be drawn, in the order of the file, the last parameter changing fastest."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        """`parameters` begin with the model's, and conditions come before what depends on them."""
        self._parameters = tuple(parameters)
        self._needed = _needed(self._parameters)
        self._counts: dict[Key, int] = {}
        self._steps = 0
        self.infinite = tuple(p.name for p in self._parameters if p.continuous)
        """Names of the parameters that take infinitely many values."""

    @property
    def size(self) -> int | None:
        """How many settings there are; None: infinitely many, or too many to count them."""
        if self.infinite or self._steps > MOST_STEPS:
            return None
        try:
            return self._count(0, {})
        except _TooManyError:
            return None

    def point(self, number: int) -> dict[str, Any]:
        """Return what is drawn for the settings of a number, from 0 to `size` - 1."""
        values: dict[str, Any] = {}
        for i, parameter in enumerate(self._parameters):
            if not parameter.active(values):
                continue
            options = parameter.at(values).grid()
            if parameter.name not in self._needed[i + 1]:
                rest = self._count(i + 1, values)
                values[parameter.name] = options[number // rest]
                number %= rest
                continue
            for value in options:
                rest = self._count(i + 1, values | {parameter.name: value})
                if number < rest:
                    values[parameter.name] = value
                    break
                number -= rest
        return {p.name: values[p.name] for p in self._parameters if p.searched and p.name in values}

    def _count(self, i: int, values: Mapping[str, Any]) -> int:
        """Return how many settings there are from parameter i on, beside the values before it."""
        if i == len(self._parameters):
            return 1
        key = i, tuple((name, values.get(name)) for name in self._needed[i])
        if key not in self._counts:
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise _TooManyError
            self._counts[key] = self._counted(i, values)
        return self._counts[key]

    def _counted(self, i: int, values: Mapping[str, Any]) -> int:
        parameter = self._parameters[i]
        if not parameter.active(values):
            return self._count(i + 1, values)
        options = parameter.at(values).grid()
        if parameter.name not in self._needed[i + 1]:
            return len(options) * self._count(i + 1, values)
        if len(options) > MOST_STEPS:
            raise _TooManyError
        return sum(self._count(i + 1, {**values, parameter.name: value}) for value in options)


class _TooManyError(Exception):
    """Counting would take too long."""


def _needed(parameters: Sequence[Parameter]) -> list[tuple[str, ...]]:
    """Return for each place which parameters before it those from it on depend on."""
    found: list[tuple[str, ...]] = [()]
    for i in range(len(parameters) - 1, -1, -1):
        known = {*found[0], *parameters[i].depends_on}
        found.insert(0, tuple(p.name for p in parameters[:i] if p.name in known))
    return found
