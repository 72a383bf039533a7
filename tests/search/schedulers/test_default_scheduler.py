"""The scheduler that goes with the objectives and the sampler, and what is told of others."""

from collections import Counter
from typing import Any

import pytest
from search.made_searches import search

from recsae.errors import SettingError
from recsae.search.strategies import warnings_of
from recsae.space import stored_space
from recsae.space.space import SearchSpace, space_of

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


@pytest.mark.parametrize(
    ("objectives", "sampler", "name"),
    [(ONE, "tpe", "asha"), (TWO, "tpe", "median"), (ONE, "ours", "none")],
)
@pytest.mark.parametrize("written", [None, {}, {"name": "auto"}, {"grace_epochs": 1}])
def test_the_default_follows_objectives_and_sampler(
    objectives: dict[str, str], sampler: str, name: str, written: Any
) -> None:
    made = space(objectives, written, sampler=sampler)
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


def test_a_sampler_by_flag_takes_the_default_with_it_and_no_other_scheduler() -> None:
    made = space(ONE)
    ours = made.override(search={"sampler": "ours"})
    assert ours.scheduler.name == "none"
    assert ours.override(search={"sampler": "tpe"}) == made
    assert made.override(scheduler={"name": "auto"}) == made
    assert (
        space(ONE, {"name": "asha"}).override(
            scheduler={"name": "none"}, search={"sampler": "ours"}
        )
        == ours
    )
    told = "scheduler: expected none with the sampler ours, which stops trials by itself, got asha"
    for wrong in (
        lambda: space(ONE, {"name": "asha"}).override(search={"sampler": "ours"}),
        lambda: space(ONE, sampler="ours").override(scheduler={"name": "asha"}),
        lambda: made.override(search={"sampler": "ours"}, scheduler={"name": "asha"}),
    ):
        with pytest.raises(SettingError) as caught:
            wrong()
        assert str(caught.value) == told
    with pytest.raises(SettingError, match="sampler: expected another with several objectives"):
        space(TWO).override(search={"sampler": "ours"})


@pytest.mark.parametrize("name", HALVING)
def test_halving_with_several_objectives_is_warned_of_in_a_line(name: str) -> None:
    (line,) = warnings_of(space(TWO, {"name": name}))
    assert line.startswith(f"scheduler {name}: with several objectives") and "\n" not in line
    assert not warnings_of(space(ONE, {"name": name})) and not warnings_of(space(TWO))


def test_an_older_run_of_ours_has_no_scheduler() -> None:
    made = space(ONE, sampler="ours")
    older = made.resolved()
    older["scheduler"]["name"] = "asha"
    assert stored_space(older, "search.yaml") == made
    other = space(ONE, {"name": "asha"})
    assert stored_space(other.resolved(), "search.yaml") == other
