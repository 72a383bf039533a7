"""What a search demands of its answer beside the objectives: `dead: "<= 0.5"`, `l0: "<= 16"`."""

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

_WRITTEN = re.compile(r"\s*(<=|>=)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


class Bound(NamedTuple):
    """A limit of one metric."""

    at_most: bool
    limit: float

    @classmethod
    def of(cls, written: object) -> Self:
        """Return the bound of a text such as "<= 0.5"; ValueError if it is none."""
        match = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
        if match is None or not math.isfinite(float(match[2])):
            raise ValueError(f'expected "<= NUMBER" or ">= NUMBER", got {written!r}')
        return cls(match[1] == "<=", float(match[2]))

    def broken_by(self, value: float) -> float:
        """Return how far a value is beyond the limit, as a share of it; 0 or less if it is not."""
        beyond = value - self.limit if self.at_most else self.limit - value
        return beyond / (abs(self.limit) or 1.0)


def allowed(constraints: Mapping[str, str], metrics: Mapping[str, Any]) -> bool:
    """Return True if flat dev metrics meet all constraints; an unknown metric meets none.

    `constraints`: a space's, metric → "<= NUMBER" or ">= NUMBER". What leaks is never allowed.
    """
    if number(metrics.get("leak")):
        return False
    values = {name: number(metrics.get(name)) for name in constraints}
    return all(
        value is not None and Bound.of(constraints[name]).broken_by(value) <= 0
        for name, value in values.items()
    )


def number(value: Any) -> float | None:
    """Return a metric as a number; None if it is unknown, however a frame says that."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(found) else found
