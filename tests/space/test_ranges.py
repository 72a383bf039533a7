"""Ranges that depend on other parameters, and parameters of several cases."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recsae.errors import RecsaeError
from recsae.space import SearchSpace, load_space, space_of, stored_space, united_space
from recsae.space.changes import changes
from recsae.space.file_format.expressions import GRAMMAR, Expression
from recsae.space.file_format.schema import schema

ATTENTION = "SASRec_SAE_Attention"


def space(parameters: dict[str, Any], models: Any = "SASRec_SAE", **keys: Any) -> SearchSpace:
    return space_of({"model_name": models, "parameters": parameters, **keys})


SCALED = {"sae_scale_size": {"choice": [2, 4, 8]}, "sae_k": {"int": [2, "sae_scale_size * 8"]}}
CASES = {
    "sae_k": [{"int": [2, 8], "when": {"model_name": "SASRec_SAE"}}, {"int": [4, 32], "log": True}]
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a * 8", 24),
        ("-a + 2 * (b - 1)", 3),
        ("min(a, b, 2) / 4", 0.5),
        ("max(a * b, 13.5)", 13.5),
        ("a - b / 2", 1),
    ],
)
def test_an_expression_is_worked_out(text: str, value: float) -> None:
    assert Expression.of(text).value({"a": 3, "b": 4}) == value


@pytest.mark.parametrize(
    "text",
    [
        *("a ** 2", "a.b", "f(a)", "min(a)", "a if a else a", "a[0]", "a <", "True * a", "a // 2"),
        *("__import__('os')", "lambda: a", "1e999 * a", "a = 2", "a" * 201, "min", "(" * 90 + "a"),
    ],
)
def test_what_is_not_of_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected numbers, names of parameters"):
        Expression.of(text)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_an_expression_lies_between_its_ends(a: int, more: int, b: int, wide: int) -> None:
    expression = Expression.of("max(a * b - a, 2 / b) - min(a, 3)")
    low, high = expression.ends({"a": (a, a + more), "b": (b, b + wide)})
    for one in (a, a + more // 2, a + more):
        for other in (b, b + wide // 2, b + wide):
            assert low <= expression.value({"a": one, "b": other}) <= high


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown name": (
        SCALED | {"sae_k": {"int": [2, "sae_scal_size * 8"]}},
        "sae_k.int: expected numbers and parameters of this file, got sae_scal_size (did you mean "
        "'sae_scale_size'?)",
    ),
    "a circle": (
        {"sae_k": {"int": [2, "sae_scale_size"]}, "sae_scale_size": {"int": [2, "sae_k"]}},
        "sae_k.int: goes round in a circle: sae_k → sae_scale_size → sae_k",
    ),
    "itself": ({"sae_k": {"int": [2, "sae_k"]}}, "goes round in a circle: sae_k → sae_k"),
    "no value somewhere": (
        {"sae_k": {"int": ["sae_scale_size", "20 / sae_scale_size"]}, "sae_scale_size": 5},
        "sae_k.int: expected low < high, got 5 to 4 at most",
    ),
    "no value in a corner": (
        {"sae_k": {"int": ["sae_seed", 4]}, "sae_seed": {"int": [2, 8]}},
        "sae_k.int: expected low <= high, got [5, 4] where sae_seed 5",
    ),
    "no integer in a corner": (
        {"sae_k": {"int": ["sae_seed + 0.2", "sae_seed + 0.8"]}, "sae_seed": {"int": [2, 8]}},
        "sae_k.int: expected low <= high, got [2.2, 2.8] where sae_seed 2",
    ),
    "a division by 0": (
        {"sae_k": {"int": [2, "8 / sae_seed"]}, "sae_seed": {"int": [0, 8]}},
        "sae_k.int: may divide by 0",
    ),
    "a text": (
        {"sae_k": {"int": [2, "sae_positions"]}, "sae_positions": "all"},
        "sae_k.int: expected names of numbers, got sae_positions 'all'",
    ),
    "one that may take no part": (
        {
            "sae_k": {"int": [2, "sae_scale_size"]},
            "sae_scale_size": {"choice": [4, 8], "when": {"sae_seed": 1}},
            "sae_seed": {"choice": [1, 2]},
        },
        "sae_k.int: expected when: {sae_seed: …} as sae_scale_size has, which may take no part",
    ),
    "a logarithm below 0": (
        {"sae_auxk": {"float": ["sae_seed", 1.0], "log": True}, "sae_seed": {"choice": [0, 1]}},
        "sae_auxk.float: expected low > 0 because log is true",
    ),
    "too large": (
        {"sae_k": {"int": [2, "sae_seed * 1e30"]}, "sae_seed": {"int": [1, 8]}},
        "sae_k.int: expected numbers below 2^63",
    ),
    "what the setting refuses": (
        {"sae_k": {"int": ["sae_seed", 9]}, "sae_seed": {"int": [0, 8]}},
        "sae_k.int: expected an integer >= 1, got 0",
    ),
    "what the width refuses": (
        {"sae_scale_size": {"choice": [2, 4]}, "sae_k": {"int": [2, "sae_scale_size * 64 + 1"]}},
        "sae_k: expected at most 128 (sae_scale_size x width), got 129",
    ),
    "not of the grammar": (
        SCALED | {"sae_k": {"int": [2, "sae_scale_size ^ 2"]}},
        f"sae_k.int: expected {GRAMMAR}, got 'sae_scale_size ^ 2'",
    ),
    "a case that hides the next": (
        {"sae_k": [{"int": [2, 3]}, {"int": [4, 5]}]},
        "sae_k: expected when: in each case but the last",
    ),
    "a mistake in a case": (
        {"sae_k": [{"int": [2, 3], "when": {"sae_seed": 1}}, {"int": [5, 4]}], "sae_seed": 1},
        "sae_k.int: expected [low, high] with low < high, got [5, 4]",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_cannot_be_drawn_is_refused_with_a_line(name: str, tmp_path: Path) -> None:
    parameters, expected = MISTAKES[name]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"model_name": "SASRec_SAE", "parameters": parameters}))
    with pytest.raises(RecsaeError) as caught:
        load_space(path)
    assert expected in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")


@pytest.mark.parametrize("parameters", [SCALED, CASES])
def test_it_survives_being_written_and_read(parameters: dict[str, Any]) -> None:
    made = space(parameters, ["SASRec_SAE", ATTENTION])
    assert space_of(made.resolved()) == made
    assert stored_space(made.resolved(), "search.yaml").parameters == made.parameters
    jsonschema.validate(made.resolved() | {"dataset": "x"}, schema())


def test_a_range_reaches_as_far_as_it_can_and_is_narrower_beside_values() -> None:
    k = space(SCALED).by_name["sae_k"]
    assert k.ends == (2, 64) and k.words() == "sae_k 2 to sae_scale_size * 8"
    assert k.at({"sae_scale_size": 2}).ends == (2, 16)
    assert k.at({}).ends == (2, 64)
    assert k.at({"sae_scale_size": 2}).clipped(60) == 16


def test_steps_end_with_the_last_that_fits() -> None:
    k = space(SCALED | {"sae_k": {"int": [2, "sae_scale_size * 5"], "step": 3}}).by_name["sae_k"]
    assert [k.at({"sae_scale_size": scale}).ends for scale in (2, 4)] == [(2, 8), (2, 20)]


def test_settings_are_counted_with_the_ranges_that_they_have() -> None:
    assert space(SCALED).grid.size == 15 + 31 + 63
    assert space(CASES, ["SASRec_SAE", ATTENTION]).grid.size == 7 + 29
    grid = space(SCALED).grid
    points = [grid.point(i) for i in range(grid.size or 0)]
    assert all(2 <= one["sae_k"] <= 8 * one["sae_scale_size"] for one in points)
    assert len({tuple(one.values()) for one in points}) == len(points)


def test_a_point_needs_what_its_range_depends_on() -> None:
    assert space(SCALED, points=[{"sae_scale_size": 2, "sae_k": 16}]).points
    for point, expected in (
        ({"sae_k": 16}, "expected sae_scale_size beside it, on which its range depends"),
        ({"sae_scale_size": 2, "sae_k": 17}, "expected an integer from 2 to 16, got 17"),
    ):
        with pytest.raises(RecsaeError, match=expected):
            space(SCALED, points=[point])


def test_another_expression_is_another_space() -> None:
    other = space(SCALED | {"sae_k": {"int": [2, "sae_scale_size * 9"]}})
    (change,) = changes(space(SCALED), other)
    assert change.key == "parameters.sae_k" and not change.widens
    wider = space(SCALED | {"sae_scale_size": {"choice": [2, 4, 8, 16]}})
    assert [change.widens for change in changes(space(SCALED), wider)] == [True]


def test_a_union_grows_with_what_a_range_depends_on() -> None:
    wider = space(SCALED | {"sae_scale_size": {"choice": [16]}})
    united = united_space([space(SCALED), wider]).by_name["sae_k"]
    assert united.dependent and united.ends == (2, 128)
    other = space(SCALED | {"sae_k": {"int": [3, "sae_scale_size * 4"]}})
    united = united_space([space(SCALED), other]).by_name["sae_k"]
    assert not united.dependent and united.ends == (2, 64)
    with pytest.raises(ValueError, match="sae_k"):
        models = ["SASRec_SAE", ATTENTION]
        united_space([space(CASES, models), space({"sae_k": {"int": [2, 9]}}, models)])


def test_cases_may_be_fixed_or_choices() -> None:
    parameters = {
        "sae_positions": [
            {"value": "all", "when": {"model_name": ATTENTION}},
            {"choice": ["last"]},
        ],
        "sae_batch_size": [{"value": 64, "when": {"model_name": ATTENTION}}, {"int": [8, 32]}],
    }
    made = space(parameters, ["SASRec_SAE", ATTENTION])
    values = {"model_name": ATTENTION, "sae_positions": "last", "sae_batch_size": 9}
    drawn = made.drawn(lambda p: values[p.name])
    assert drawn == {"model_name": ATTENTION, "sae_positions": "all", "sae_batch_size": 64}
    assert made.by_name["sae_batch_size"].ends == (8, 64)
