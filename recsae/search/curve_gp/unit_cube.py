"""A search space as a cube: every searched parameter is one side of it, from 0 to 1.

Ranges lie on their side by value or logarithm; choices among numbers lie in order at equal
distances, so that a surrogate may interpolate between them; other choices have no order, and get a
feature each. A parameter that takes no part in a trial stands in the middle, wherever it was drawn.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recsae.space import SearchSpace
from recsae.space.file_format.values import Scalar
from recsae.space.parameters import Parameter, drawn_near
from recsae.space.unit import between_ends, from_between_ends

Array: TypeAlias = npt.NDArray[np.float64]

MIDDLE = 0.5


@dataclass(frozen=True)
class Side:
    """One parameter as a side of the cube."""

    parameter: Parameter
    values: tuple[Scalar, ...] | None
    """All it can be, in order; None for a range of numbers."""
    places: Array
    """Where the values lie; of a range, nothing."""
    ordered: bool
    """False for choices without an order."""

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.parameter.name

    def share(self, value: Any) -> float:
        """Return where a value lies; one outside of the range lies on its end."""
        if self.values is not None and self.parameter.kind == "choice":
            known = value in self.values
            return float(self.places[self.values.index(value)]) if known else MIDDLE
        return min(1.0, max(0.0, between_ends(value, *self.parameter.ends, self.parameter.log)))

    def value(self, share: float) -> Any:
        """Return the value at a place, the nearest one if there are only some."""
        if self.values is not None:
            return self.values[int(np.abs(self.places - share).argmin())]
        return from_between_ends(share, *self.parameter.ends, self.parameter.log)

    def snapped(self, shares: Array) -> Array:
        """Return the places that the nearest values have."""
        if self.values is None:
            return np.clip(shares, 0.0, 1.0)
        return np.asarray(self.places[np.abs(shares[:, None] - self.places).argmin(axis=1)])

    def drawn(self, shares: Array) -> Array:
        """Return places of values that are all equally likely where `shares` is uniform."""
        if self.values is None or self.parameter.kind == "int":
            return self.snapped(shares)
        # The ends of evenly spread places would get half a share by rounding.
        count = len(self.values)
        return np.asarray(self.places[np.minimum((shares * count).astype(int), count - 1)])


class Cube:
    """The searched parameters of a space as coordinates."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self.sides = [_side(parameter) for parameter in space.searched]
        deciding = (part.when for parameter in space.parameters for part in parameter.parts)
        self._deciding = {name for when in deciding for name, _ in when}

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
        found = zip(self.sides, point.tolist(), strict=True)
        values = {side.name: side.value(share) for side, share in found}
        # A range that depends on others is a side as long as it can be at most.
        return self._space.drawn(drawn_near(values))

    def spread(self, shares: Array) -> Array:
        """Return points of the space for uniform numbers: [point, side]."""
        places = [side.drawn(shares[:, i]) for i, side in enumerate(self.sides)]
        return self.settled(np.stack(places, axis=1) if places else shares)

    def settled(self, points: Array) -> Array:
        """Return the points on values that exist, idle parameters in the middle: [point, side]."""
        places = [side.snapped(points[:, i]) for i, side in enumerate(self.sides)]
        settled = np.stack(places, axis=1) if places else points.copy()
        if self._deciding:
            self._put_idle(settled)
        return settled

    def _put_idle(self, points: Array) -> None:
        """Put the parameters that take no part in a trial in the middle."""
        places = {side.name: (i, side) for i, side in enumerate(self.sides)}
        known: list[dict[str, Any]] = [{} for _ in points]
        for parameter in self._space.with_model:
            i, side = places.get(parameter.name, (0, None))
            for point, values in zip(points, known, strict=True):
                if not parameter.active(values):
                    if side is not None:
                        point[i] = MIDDLE
                elif parameter.name in self._deciding:
                    own = parameter.at(values)
                    drawn = side is not None and own.searched
                    values[parameter.name] = side.value(point[i]) if drawn else own.value  # type: ignore[union-attr]

    def features(self, points: Array) -> Array:
        """Return what distances are taken of: [point, feature]."""
        columns = []
        for i, side in enumerate(self.sides):
            if side.ordered:
                columns.append(points[:, i])
            else:
                columns += [(points[:, i] == place).astype(float) for place in side.places]
        return np.stack(columns, axis=1) if columns else np.zeros((len(points), 1))


def _side(parameter: Parameter) -> Side:
    """Return a searched parameter as a side."""
    if parameter.kind == "float":
        return Side(parameter, None, np.empty(0), True)
    if parameter.kind == "int":
        values = tuple(parameter.grid())
        places = [between_ends(value, *parameter.ends, parameter.log) for value in values]
        return Side(parameter, values, np.array(places), True)
    choices = parameter.choices
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in choices)
    order = sorted(choices, key=float) if numbers else list(choices)  # type: ignore[arg-type]
    spread = np.linspace(0.0, 1.0, len(order)) if len(order) > 1 else np.array([MIDDLE])
    # Two choices have a distance, whatever they are: one coordinate does.
    return Side(parameter, tuple(order), spread, numbers or len(choices) <= 2)
