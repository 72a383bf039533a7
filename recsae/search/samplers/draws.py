"""Random values of a search, each trial's from a generator of its own, and unit coordinates."""

import math
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

import numpy as np

from recsae.space.parameters import MODEL, Parameter
from recsae.space.space import SearchSpace


class Use(IntEnum):
    """What a generator is for: two uses of one trial do not share their numbers."""

    CORE = 1
    PRIOR = 2
    POINT = 3
    NET = 4


def generator(seed: int, trial_id: int, use: Use) -> np.random.Generator:
    """Return the generator of one trial for one use."""
    return np.random.default_rng(np.random.SeedSequence([seed, trial_id, use]))


def seed_of(seed: int, trial_id: int) -> int:
    """Return an integer that seeds another package's generator for one trial."""
    return int(np.random.SeedSequence([seed, trial_id, Use.CORE]).generate_state(1)[0])


class UnitDraw:
    """A Draw that takes coordinates from 0 to 1, by the name of what is drawn."""

    def __init__(self, coordinate: Callable[[str], float]) -> None:
        self._at = coordinate

    def choice(self, name: str, options: Sequence[Any]) -> Any:
        """Pick one of equally wide parts."""
        return options[min(int(self._at(name) * len(options)), len(options) - 1)]

    def float(self, name: str, low: float, high: float, log: bool) -> float:
        """Pick a number, by its logarithm if `log`."""
        return min(max(_between(low, high, self._at(name), log), low), high)

    def int(self, name: str, low: int, high: int, log: bool, step: int) -> int:
        """Pick an integer; half of a step beyond each end belongs to the end."""
        value = _between(low - step / 2, high + step / 2, self._at(name), log)
        return min(max(low + step * round((value - low) / step), low), high)


def at_random(random: np.random.Generator) -> UnitDraw:
    """Return a Draw of evenly distributed values."""
    return UnitDraw(lambda name: float(random.random()))


def coordinate(parameter: Parameter, value: Any) -> float:
    """Return where from 0 to 1 a value of a parameter lies, so that UnitDraw gives it back."""
    if parameter.kind == "choice":
        return (parameter.choices.index(value) + 0.5) / len(parameter.choices)
    assert parameter.low is not None and parameter.high is not None
    half = (parameter.step or 1) / 2 if parameter.kind == "int" else 0.0
    low, high = parameter.low - half, parameter.high + half
    if parameter.log:
        return math.log(value / low) / math.log(high / low)
    return float((value - low) / (high - low))


def searched(space: SearchSpace) -> tuple[str, ...]:
    """Return the names of all that may be drawn, in the order of drawing."""
    names = [p.name for p in space.parameters if p.kind != "fixed"]
    return (MODEL, *names) if len(space.models) > 1 else tuple(names)


def _between(low: float, high: float, share: float, log: bool) -> float:
    return low * (high / low) ** share if log else low + share * (high - low)
