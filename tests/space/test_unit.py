"""Where values lie from 0 to 1, by hand."""

from typing import Any

import pytest

from recsae.space import Parameter
from recsae.space.unit import between_ends, from_between_ends, from_unit, to_unit

EIGHTS = Parameter("p", "int", 2, 10, step=4)  # 2, 6 and 10 have a third each
RATE = Parameter("p", "float", 0.01, 1.0, log=True)
WORDS = Parameter("p", "choice", choices=("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("parameter", "share", "value"),
    [
        (EIGHTS, 0.0, 2),
        (EIGHTS, 0.33, 2),
        (EIGHTS, 0.34, 6),
        (EIGHTS, 0.67, 10),
        (EIGHTS, 1.0, 10),
        (RATE, 0.5, 0.1),
        (RATE, 1.0, 1.0),
        (WORDS, 0.24, "a"),
        (WORDS, 0.25, "b"),
        (WORDS, 1.0, "d"),
    ],
)
def test_a_place_has_a_value(parameter: Parameter, share: float, value: Any) -> None:
    found = from_unit(parameter, share)
    assert found == (pytest.approx(value) if isinstance(value, float) else value)
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("parameter", "value", "share"),
    [(EIGHTS, 2, 1 / 6), (EIGHTS, 6, 0.5), (RATE, 0.1, 0.5), (WORDS, "b", 3 / 8)],
)
def test_a_value_lies_in_the_middle_of_its_part(
    parameter: Parameter, value: Any, share: float
) -> None:
    assert to_unit(parameter, value) == pytest.approx(share)


@pytest.mark.parametrize(
    ("value", "log", "share"), [(1.0, False, 0.0), (100.0, True, 1.0), (10.0, True, 0.5)]
)
def test_ends_lie_at_0_and_1(value: float, log: bool, share: float) -> None:
    assert between_ends(value, 1.0, 100.0, log) == pytest.approx(share)
    assert from_between_ends(share, 1.0, 100.0, log) == pytest.approx(value)


def test_no_place_leads_beyond_the_ends() -> None:
    assert from_between_ends(1.5, 1.0, 100.0, log=True) == 100.0
    assert from_between_ends(-0.5, 1.0, 100.0, log=False) == 1.0
