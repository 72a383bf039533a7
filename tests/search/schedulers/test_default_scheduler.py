"""The scheduler that goes with the objectives, and what is told of others."""

from collections import Counter
from typing import Any

import pytest

from recsae.search.strategies import warnings_of
from recsae.space import SearchSpace, space_of
from recsae.testing.searches import search

ONE, TWO = {"ndcg@10": "max"}, {"ndcg@10": "max", "l0": "min"}
HALVING = ["asha", "asha_promote", "hyperband"]


def space(objectives: dict[str, str], scheduler: Any = None, **search_: Any) -> SearchSpace:
    parameters = {
        "sae_k": {"int": [2, 16], "log": True},
        "sae_lr": {"float": [1e-4, 1e-1], "log": True},
        "sae_epochs": 3,
    }
    values = {"model_name": "SASRec_SAE", "parameters": parameters, "objectives": objectives}
    return space_of({**values, "scheduler": scheduler, "search": {"trials": 8, **search_}})


@pytest.mark.parametrize(("objectives", "name"), [(ONE, "asha"), (TWO, "median")])
@pytest.mark.parametrize("written", [None, {}, {"name": "auto"}, {"grace_epochs": 1}])
def test_the_default_follows_the_objectives(
    objectives: dict[str, str], name: str, written: Any
) -> None:
    made = space(objectives, written)
    assert made.scheduler.name == name
    assert space_of(made.resolved()) == made and made.override() == made
    assert made.resolved()["scheduler"]["name"] == name
    assert space(objectives, {"name": "hyperband"}).scheduler.name == "hyperband"


def test_the_default_of_two_objectives_leaves_a_front() -> None:
    def ends(scheduler: Any) -> Counter[str]:
        events = search(space(TWO, scheduler), curve=curve)
        return Counter(event["decided"] for event in events if event["kind"] == "reported")

    def curve(number: int, settings: dict[str, Any], epoch: int) -> dict[str, Any]:
        """Report the better, the denser: no trial dominates another."""
        return {"ndcg@10": settings["sae_k"] / 100, "l0": float(settings["sae_k"]), "leak": False}

    assert ends(None)["complete"] >= 4
    assert ends({"name": "asha"})["complete"] < 4


@pytest.mark.parametrize("name", HALVING)
def test_halving_with_several_objectives_is_warned_of_in_a_line(name: str) -> None:
    (line,) = warnings_of(space(TWO, {"name": name}))
    assert line.startswith(f"scheduler {name}: with several objectives") and "\n" not in line
    assert not warnings_of(space(ONE, {"name": name})) and not warnings_of(space(TWO))
