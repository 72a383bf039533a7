"""Limits of an answer, by hand: what is written, what breaks it, and what is never allowed."""

import math

import pytest

from recsae.metrics.bounds import Bound, allowed, number


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"dead": 0.5, "l0": 2.0, "leak": 0.0}, True),
        ({"dead": 0.6, "l0": 2.0, "leak": 0.0}, False),
        ({"dead": 0.5, "l0": 1.0, "leak": 0.0}, False),
        ({"dead": 0.5, "l0": 2.0, "leak": 1.0}, False),
        ({"dead": 0.5, "l0": 2.0}, True),
        ({"dead": 0.5, "leak": 0.0}, False),
        ({"dead": None, "l0": 2.0}, False),
    ],
)
def test_an_answer_meets_every_limit_and_does_not_leak(
    metrics: dict[str, float | None], expected: bool
) -> None:
    assert allowed({"dead": "<= 0.5", "l0": ">= 2"}, metrics) is expected


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [("<= 4", 5.0, 0.25), ("<= 4", 3.0, -0.25), (">= 4", 3.0, 0.25), (">= 0", -2.0, 2.0)],
)
def test_a_broken_limit_counts_as_a_share_of_it(
    written: str, value: float, expected: float
) -> None:
    assert Bound.of(written).broken_by(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(2, 2.0), (None, None), (math.nan, None), ("x", None)]
)
def test_an_unknown_metric_is_no_number(value: object, expected: float | None) -> None:
    assert number(value) == expected
