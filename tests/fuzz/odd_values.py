"""Draws of hostile values: plain values with one part changed, bytes with a few changed."""

import copy
from typing import Any

from hypothesis import strategies as st

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 3, 2**31, 2**63, 2**70, -(2**70), 10**400),
    *(0.0, -0.5, 1e-320, 1e308, float("inf"), float("nan")),
    *("", " ", "x", "0", "-1", "1e309", "nan", "max", "../x", "/dev/null", "a\nb", "\x1b[31m", "é"),
    *("<script>", "{{x}}", "=1+1", "2020-13-01", "2020-13-01 00:00:00", "9" * 5000),
    *([], {}, [[]], [None], {"": None}, {"x": {"x": {}}}, ["x"] * 100, [1, "x"], {"int": [3, 2]}),
]
"""Values of every kind that JSON can hold, where another one is expected."""


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """Draw a copy of nested plain values with one to three parts replaced, renamed or left out."""
    found = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        _change(draw, found)
    return found


def _change(draw: st.DrawFn, value: Any) -> None:
    while isinstance(value, (dict, list)) and value:
        keys: list[Any] = [*value] if isinstance(value, dict) else [*range(len(value))]
        key = draw(st.sampled_from(keys))
        inner = value[key]
        if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
            value = inner
            continue
        how = draw(st.sampled_from(["replace", "replace", "replace", "drop", "rename"]))
        if how == "drop":
            del value[key]
        elif how == "rename" and isinstance(value, dict):
            value[draw(st.sampled_from(["x", "", "a/b", f"{key} "]))] = value.pop(key)
        else:
            value[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        return


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw bytes with some changed, cut off, or inserted."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(found) - 1)))
        how = draw(st.sampled_from(["flip", "flip", "cut", "insert", "drop"]))
        if how == "flip" and found:
            found[place] ^= draw(st.integers(1, 255))
        elif how == "cut":
            del found[place:]
        elif how == "drop":
            del found[place : place + draw(st.integers(1, 20))]
        else:
            found[place:place] = draw(st.binary(min_size=1, max_size=20))
    return bytes(found)
