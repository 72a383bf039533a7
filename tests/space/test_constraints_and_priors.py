"""Constraints, initial points and priors of a space file, and what they mean."""

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.metrics.bounds import Bound, allowed, number
from recsae.space import Prior, SearchSpace, space_of


def space(**keys: Any) -> SearchSpace:
    parameters = {
        "sae_k": {"int": [2, 16], "prior": {"around": 8}},
        "sae_lr": {"float": [1, 2], "scale": "latents", "prior": {"around": 1, "sure": "high"}},
        "sae_positions": {"choice": ["all", "last"], "prior": {"around": "last", "sure": "low"}},
        "sae_auxk": {"float": [0, 1], "when": {"sae_positions": "last"}},
        "sae_epochs": 4,
    }
    return space_of({"model_name": "SASRec_SAE", "parameters": parameters, **keys})


LIMITS = {"dead": "<= 0.5", "l0": "<= 16", "hr@10": ">= 0.1"}


@pytest.mark.parametrize(
    ("change", "may"),
    [
        ({}, True),
        ({"dead": 0.5, "l0": 16, "hr@10": 0.1}, True),
        ({"dead": 0.51}, False),
        ({"l0": 17.0}, False),
        ({"hr@10": 0.09}, False),
        ({"dead": None}, False),
        ({"dead": math.nan}, False),
        ({"dead": pd.NA}, False),
        ({"leak": True}, False),
        ({"leak": pd.NA}, True),
        ({"leak": None}, True),
    ],
)
def test_who_may_be_an_answer(change: dict[str, Any], may: bool) -> None:
    metrics = {"dead": 0.2, "l0": 8.0, "hr@10": 0.3, "leak": False, **change}
    assert space(constraints=LIMITS).allowed(metrics) == allowed(LIMITS, metrics) == may


def test_without_limits_only_a_leak_is_refused() -> None:
    assert space().allowed({}) and space().allowed({"leak": False})
    assert not space().allowed({"leak": True})


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.booleans())
def test_a_bound_is_broken_by_what_is_beyond_it(limit: float, value: float, most: bool) -> None:
    bound = Bound.of(f"{'<=' if most else '>='} {limit!r}")
    assert bound == (most, limit)
    beyond = value > limit if most else value < limit
    assert (bound.broken_by(value) > 0) == beyond


@pytest.mark.parametrize("text", ["", "0.5", "< 1", "<= ", "<= nan", "<= 1 ", "=< 1", None, 3])
def test_what_is_a_bound(text: Any) -> None:
    if text == "<= 1 ":
        assert Bound.of(text) == (True, 1.0)
    else:
        with pytest.raises(ValueError, match='expected "<= NUMBER" or ">= NUMBER"'):
            Bound.of(text)


def test_a_metric_is_a_number_or_unknown() -> None:
    assert number(True) == 1.0 and number("x") is None and number(pd.NA) is None


def test_priors_are_held_with_their_parameter() -> None:
    priors = {p.name: p.prior for p in space().parameters}
    assert priors["sae_k"] == Prior(around=8)
    assert priors["sae_lr"] == Prior(around=1.0, sure="high")
    assert isinstance(priors["sae_lr"].around, float)
    assert priors["sae_positions"] == Prior(around="last", sure="low")
    assert priors["sae_auxk"] is None


def test_points_are_in_the_files_terms() -> None:
    given_points = [{"sae_lr": 2}, {"sae_positions": "last", "sae_auxk": 0.5, "sae_epochs": 4}]
    found = space(points=given_points).points
    assert found == ({"sae_lr": 2.0}, given_points[1])
    assert isinstance(found[0]["sae_lr"], float)
    assert space(points=[{"model_name": "SASRec_SAE"}]).points == ({"model_name": "SASRec_SAE"},)


def test_all_is_written_and_read_again() -> None:
    made = space(constraints=LIMITS, points=[{"sae_k": 3}])
    again = space_of(made.resolved())
    assert again == made and again.fingerprint == made.fingerprint
    assert made.fingerprint != space(constraints=LIMITS).fingerprint
    assert made.fingerprint != space(points=[{"sae_k": 3}]).fingerprint
