"""A search space as a cube: every searched parameter is one side of it, from 0 to 1.

Ranges lie on their side by value or logarithm; choices among numbers lie in order at equal
distances, so that a model may interpolate between them; other choices have no order, and get a
feature each. A parameter that takes no part in a trial stands in the middle, wherever it was drawn.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recsae.search.engine.new_trials import drawn_by
from recsae.space.parameters import MODEL, Parameter, Scalar, When
from recsae.space.space import SearchSpace

Array: TypeAlias = npt.NDArray[np.float64]

MIDDLE = 0.5


@dataclass(frozen=True)
class Side:
    """One parameter as a side of the cube."""

    name: str
    values: tuple[Scalar, ...] | None
    """All it can be, in order; None for a range of numbers."""
    places: Array
    """Where the values lie; of a range, nothing."""
    ordered: bool
    """False for choices without an order."""
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    when: When = ()

    def share(self, value: Any) -> float:
        """Return where a value lies; one outside of the range lies on its end."""
        if self.values is not None and not self._is_number():
            known = value in self.values
            return float(self.places[self.values.index(value)]) if known else MIDDLE
        low, high, at = (_scaled(number, self.log) for number in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low))) if high > low else MIDDLE

    def value(self, share: float) -> Any:
        """Return the value at a place, the nearest one if there are only some."""
        if self.values is not None:
            return self.values[int(np.abs(self.places - share).argmin())]
        low, high = _scaled(self.low, self.log), _scaled(self.high, self.log)
        number = low + share * (high - low)
        return min(self.high, max(self.low, math.exp(number) if self.log else number))

    def snapped(self, shares: Array) -> Array:
        """Return the places that the nearest values have."""
        if self.values is None:
            return np.clip(shares, 0.0, 1.0)
        return np.asarray(self.places[np.abs(shares[:, None] - self.places).argmin(axis=1)])

    def drawn(self, shares: Array) -> Array:
        """Return places of values that are all equally likely where `shares` is uniform."""
        if self.values is None or self._is_number():
            return self.snapped(shares)
        count = len(self.values)
        return np.asarray(self.places[np.minimum((shares * count).astype(int), count - 1)])

    def _is_number(self) -> bool:
        """Return True for an integer range: its values lie where the range puts them."""
        return self.values is not None and self.high > self.low


class Cube:
    """The searched parameters of a space as coordinates."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        model = Parameter(MODEL, "choice", choices=tuple(space.models))
        searched = [model] if len(space.models) > 1 else []
        searched += [p for p in space.parameters if p.kind != "fixed"]
        self.sides = [_side(parameter) for parameter in searched]
        self._fixed: dict[str, Scalar] = {}
        if len(space.models) == 1:
            self._fixed[MODEL] = space.models[0]
        self._fixed |= {p.name: p.value for p in space.parameters if p.kind == "fixed"}
        self._whens = {p.name: p.when for p in space.parameters}

    @property
    def dimensions(self) -> int:
        """How many parameters are searched."""
        return len(self.sides)

    def point(self, drawn: dict[str, Any]) -> Array:
        """Return where a trial lies: [side]. What it lacks lies in the middle."""
        shares = [s.share(drawn[s.name]) if s.name in drawn else MIDDLE for s in self.sides]
        return np.asarray(self.settled(np.array([shares], dtype=float))[0])

    def drawn(self, point: Array) -> dict[str, Any]:
        """Return what a point stands for, as `Trial.drawn` has it."""
        named = dict(zip(self._names(), point.tolist(), strict=True))
        return drawn_by(self._space, _AtPoint(named, self.sides))

    def spread(self, shares: Array) -> Array:
        """Return points of the space for uniform numbers: [point, side]."""
        places = [side.drawn(shares[:, i]) for i, side in enumerate(self.sides)]
        return self.settled(np.stack(places, axis=1) if places else shares)

    def settled(self, points: Array) -> Array:
        """Return the points on values that exist, idle parameters in the middle: [point, side]."""
        places = [side.snapped(points[:, i]) for i, side in enumerate(self.sides)]
        settled = np.stack(places, axis=1) if places else points.copy()
        active: dict[str, npt.NDArray[np.bool_]] = {}
        for i, side in enumerate(self.sides):
            active[side.name] = self._meets(side.when, settled, active)
            settled[~active[side.name], i] = MIDDLE
        return settled

    def features(self, points: Array) -> Array:
        """Return what distances are taken of: [point, feature]."""
        columns = []
        for i, side in enumerate(self.sides):
            if side.ordered:
                columns.append(points[:, i])
            else:
                columns += [(points[:, i] == place).astype(float) for place in side.places]
        return np.stack(columns, axis=1) if columns else np.zeros((len(points), 1))

    def _names(self) -> list[str]:
        return [side.name for side in self.sides]

    def _meets(
        self, when: When, points: Array, active: dict[str, npt.NDArray[np.bool_]]
    ) -> npt.NDArray[np.bool_]:
        """Return for which points a condition holds; what it names stands before it."""
        met = np.ones(len(points), dtype=bool)
        for name, wanted in when:
            if name in active:
                i = self._names().index(name)
                side = self.sides[i]
                places = [side.share(value) for value in wanted]
                met &= active[name] & np.isin(points[:, i], places)
            else:
                met &= self._fixed.get(name) in wanted
                met &= self._meets(self._whens.get(name, ()), points, active)
        return met


class _AtPoint:
    """A Draw that reads the coordinates of a point."""

    def __init__(self, point: dict[str, float], sides: Sequence[Side]) -> None:
        self._point, self._sides = point, {side.name: side for side in sides}

    def int(self, name: str, low: int, high: int, log: bool, step: int) -> Any:
        """Return the integer at the point."""
        return self._at(name)

    def float(self, name: str, low: float, high: float, log: bool) -> Any:
        """Return the number at the point."""
        return self._at(name)

    def choice(self, name: str, options: Sequence[Any]) -> Any:
        """Return the option at the point."""
        return self._at(name)

    def _at(self, name: str) -> Any:
        return self._sides[name].value(float(self._point[name]))


def _side(parameter: Parameter) -> Side:
    """Return a searched parameter as a side."""
    if parameter.kind == "choice":
        return _choice(parameter)
    assert parameter.low is not None and parameter.high is not None
    ends = {"low": float(parameter.low), "high": float(parameter.high), "log": parameter.log}
    if parameter.kind == "float":
        return Side(parameter.name, None, np.empty(0), True, when=parameter.when, **ends)  # type: ignore[arg-type]
    values = tuple(int(value) for value in parameter.grid())
    numbers = np.array([_scaled(value, parameter.log) for value in values])
    low, high = (_scaled(end, parameter.log) for end in (parameter.low, parameter.high))
    places = (numbers - low) / (high - low) if high > low else np.full(len(values), MIDDLE)
    return Side(parameter.name, values, places, True, when=parameter.when, **ends)  # type: ignore[arg-type]


def _choice(parameter: Parameter) -> Side:
    values = parameter.choices
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    order = sorted(values, key=float) if numbers else list(values)  # type: ignore[arg-type]
    places = np.linspace(0.0, 1.0, len(order)) if len(order) > 1 else np.array([MIDDLE])
    # `low` and `high` stay equal: where a choice lies is looked up, not computed.
    ordered = numbers or len(values) <= 2
    return Side(parameter.name, tuple(order), places, ordered, 0.0, 0.0, False, parameter.when)


def _scaled(value: float, log: bool) -> float:
    return math.log(value) if log else float(value)
