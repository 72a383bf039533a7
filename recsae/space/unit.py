"""Where a value of a parameter lies from 0 to 1, and back.

`to_unit` and `from_unit` are for drawing: each value of an integer or a choice has an equal part.
`between_ends` and `from_between_ends` are for distances: the ends of a range lie at 0 and 1.
"""

import math
from typing import Any

from recsae.space.parameters import Parameter


def from_unit(parameter: Parameter, share: float) -> Any:
    """Return the value of a searched parameter at a place from 0 to 1, by logarithm if `log`."""
    if parameter.kind == "choice":
        count = len(parameter.choices)
        return parameter.choices[min(int(share * count), count - 1)]
    below, above = _reach(parameter)
    value = below * (above / below) ** share if parameter.log else below + share * (above - below)
    low, high = parameter.ends
    if parameter.kind == "float":
        return min(max(value, low), high)
    step = parameter.step or 1
    return int(min(max(low + step * round((value - low) / step), low), high))


def to_unit(parameter: Parameter, value: Any) -> float:
    """Return where from 0 to 1 a value of a parameter lies, so that `from_unit` gives it back."""
    if parameter.kind == "choice":
        return (parameter.choices.index(value) + 0.5) / len(parameter.choices)
    below, above = _reach(parameter)
    if below == above:  # of a range that depends on others only one value may be left
        return 0.5
    if parameter.log:
        return math.log(value / below) / math.log(above / below)
    return float((value - below) / (above - below))


def between_ends(value: float, low: float, high: float, log: bool) -> float:
    """Return where a number lies between two ends, 0 at `low` and 1 at `high`."""
    start, end = _scaled(low, log), _scaled(high, log)
    return (_scaled(value, log) - start) / (end - start)


def from_between_ends(share: float, low: float, high: float, log: bool) -> float:
    """Return the number that lies at a place between two ends."""
    start, end = _scaled(low, log), _scaled(high, log)
    number = start + share * (end - start)
    return min(high, max(low, math.exp(number) if log else number))


def _scaled(number: float, log: bool) -> float:
    """Return a number, or its logarithm, as a float."""
    return math.log(number) if log else float(number)


def _reach(parameter: Parameter) -> tuple[float, float]:
    """Return the ends of a range; half of a step beyond each end of an integer's belongs to it."""
    low, high = parameter.ends
    half = (parameter.step or 1) / 2 if parameter.kind == "int" else 0.0
    return low - half, high + half
