"""One space of several: what is wide enough for all, and what no space can hold."""

from typing import Any

import pytest

from recsae.space import SearchSpace, stored_space
from recsae.space.unions import shown, united_space

LOG = {"int": [2, 16], "log": True}


Q = {"choice": [1, 2]}


def space(**values: Any) -> SearchSpace:
    return stored_space({"model_name": "m", "objectives": {"l0": "min"}, **values}, "search.yaml")


def united(one: Any, other: Any) -> Any:
    return united_space([space(parameters={"q": Q, "p": spec}) for spec in (one, other)])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (LOG, LOG, LOG),
        (LOG, {"int": [8, 32], "log": True}, {"int": [2, 32], "log": True}),
        (LOG, 64, {"int": [2, 64], "log": True}),
        (1, LOG, {"int": [1, 16], "log": True}),
        (3, 3, 3),
        (3, 4, {"choice": [3, 4]}),
        ({"choice": [1, 2]}, {"choice": [2, 3]}, {"choice": [1, 2, 3]}),
        ({"choice": ["a"]}, "b", {"choice": ["a", "b"]}),
        ({"int": [2, 8], "step": 2}, {"int": [4, 12], "step": 2}, {"int": [2, 12], "step": 2}),
        ({"int": [2, 8], "step": 2}, {"int": [3, 9], "step": 2}, {"int": [2, 9]}),
        ({"int": [2, 8], "step": 3}, {"int": [2, 8], "step": 2}, {"int": [2, 8]}),
        (
            {"value": 1, "when": {"q": [1]}},
            {"choice": [1, 2]},
            {"choice": [1, 2], "when": {"q": [1]}},
        ),
        (
            {"float": [0.1, 1.0], "prior": {"around": 0.5}},
            {"float": [0.1, 2.0]},
            {"float": [0.1, 2.0]},
        ),
    ],
)
def test_parameters_by_hand(one: Any, other: Any, expected: Any) -> None:
    assert united(one, other).by_name["p"] == space(parameters={"p": expected}).by_name["p"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LOG, {"int": [2, 16], "log": False}),
        (LOG, {"choice": [2, 4]}),
        (LOG, "wide"),
        (LOG, {"float": [2.0, 16.0], "log": True}),
        ({"float": [0.1, 1.0], "scale": "latents"}, {"float": [0.1, 1.0]}),
        ({"choice": [1], "when": {"q": [1]}}, {"choice": [2], "when": {"q": [2]}}),
        ({"int": [2, 4]}, True),
    ],
)
def test_what_no_space_can_hold_is_named(one: Any, other: Any) -> None:
    with pytest.raises(ValueError, match=r"^parameters\.p ") as error:
        united(one, other)
    texts = [shown(space(parameters={"p": spec}).by_name["p"].written()) for spec in (one, other)]
    assert str(error.value) == f"parameters.p {texts[0]} and {texts[1]}"


def test_models_and_trials_add_up_and_a_lone_parameter_is_for_its_models() -> None:
    own = {"p": 1, "q": {"choice": [1]}}
    one = space(model_name="a", parameters=own, search={"trials": 3})
    two = space(model_name=["b", "c"], parameters={"p": 1}, search={"trials": 4})
    found = united_space([one, two])
    assert found.models == ("a", "b", "c") and found.search.trials == 7
    assert found.by_name["q"].written() == {"choice": [1], "when": {"model_name": ["a"]}}
    assert found.by_name["p"].written() == 1


def test_what_a_condition_names_comes_first_whoever_has_it() -> None:
    one = space(parameters={"p": 1})
    two = space(parameters={"q": Q, "p": {"value": 1, "when": {"q": 2}}})
    assert [p.name for p in united_space([one, two]).parameters] == ["q", "p"]


def test_long_values_are_told_short() -> None:
    assert len(shown(list(range(100)))) == 80 and shown(None) == "nothing"
