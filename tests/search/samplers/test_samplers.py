"""Laws of all samplers: what they propose is valid, and a function of events, seed and number."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from search.made_searches import drawn_in, search

from recsae.results import States
from recsae.search.engine.history import History, Report, Trial
from recsae.search.engine.new_trials import completed
from recsae.search.samplers import sampler_for
from recsae.space.space import SearchSpace, space_of

MODELS = ["SASRec_SAE", "SASRec_SAE_Attention"]
PARAMETERS: dict[str, Any] = {
    "sae_k": {"int": [2, 16], "log": True},
    "sae_lr": {"float": [1e-4, 1e-1], "log": True, "scale": "latents"},
    "sae_scale_size": {"choice": [2, 4, 8]},
    "sae_batch_size": {"int": [256, 1024], "step": 256},
    "sae_attn_heads": {"choice": [1, 2, 4], "when": {"model_name": "SASRec_SAE_Attention"}},
    "sae_epochs": 3,
}
EXTRAS: dict[str, Any] = {
    "points": [{"model_name": "SASRec_SAE_Attention", "sae_attn_heads": 4}, {"sae_k": 7}],
    "constraints": {"l0": "<= 9"},
    "parameters": PARAMETERS | {"sae_k": {**PARAMETERS["sae_k"], "prior": {"around": 8}}},
}
ALL = ("tpe", "random", "gp", "cmaes", "nsgaii", "qmc")
TRIALS = {"gp": 13}
"""Fits of a Gaussian process take long; it begins with trial 10."""


def space(sampler: str, seed: int = 0, **keys: Any) -> SearchSpace:
    values = {
        "model_name": MODELS,
        "parameters": PARAMETERS,
        "scheduler": {"name": "asha_promote", "reduction_factor": 2},
        "search": {"sampler": sampler, "seed": seed, "trials": TRIALS.get(sampler, 22)},
    }
    return space_of({**values, **keys})


def trial(number: int, drawn: dict[str, Any], settings: dict[str, Any] | None = None) -> Trial:
    return Trial(number, "SASRec_SAE", drawn, settings or drawn, 3)


class TestAllSamplers:
    @pytest.fixture(params=ALL)
    def sampler(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    def test_what_is_drawn_is_valid_and_honours_the_conditions(self, sampler: str) -> None:
        made = space(sampler)
        drawn = drawn_in(search(made))
        assert len(drawn) == made.search.trials
        by_name = {parameter.name: parameter for parameter in made.parameters}
        for number, values in enumerate(drawn):
            attends = values["model_name"] == "SASRec_SAE_Attention"
            assert ("sae_attn_heads" in values) == attends
            assert "sae_epochs" not in values
            assert all(by_name[n].takes(v) for n, v in values.items() if n != "model_name")
            assert json.loads(json.dumps(values)) == values
            assert completed(made, values, number).settings["sae_batch_size"] % 256 == 0
        assert {values["model_name"] for values in drawn} == set(MODELS)

    def test_the_seed_alone_decides(self, sampler: str) -> None:
        first = search(space(sampler), workers=3)
        assert first == search(space(sampler), workers=3)
        other = drawn_in(search(space(sampler, seed=1), workers=3))
        assert all(a != b for a, b in zip(drawn_in(first), other, strict=True))

    @pytest.mark.parametrize(("workers", "scheduler"), [(1, "asha_promote"), (3, "asha")])
    def test_a_killed_search_goes_on_as_if_it_had_not_been(
        self, sampler: str, workers: int, scheduler: str
    ) -> None:
        made = space(sampler, scheduler={"name": scheduler, "reduction_factor": 2}, **EXTRAS)
        whole = search(made, workers=workers)
        cuts = (20, len(whole) - 4) if sampler == "gp" else range(1, len(whole), 7)
        for cut in cuts:
            past = search(made, workers=workers, kill_at=cut)
            assert past == whole[:cut]
            sampler = sampler_for(made)
            assert search(made, workers=workers, past=past, sampler=sampler) == whole
            assert sampler.exact

    def test_asking_twice_changes_nothing(self, sampler: str) -> None:
        made = space(sampler)
        sampler, history = sampler_for(made), History(made.objectives)
        for number in range(4):
            drawn = sampler.propose(history, number)
            assert sampler.propose(history, number) == drawn
            sampler.on_event(history, history.add(trial(number, drawn)))

    def test_several_objectives(self, sampler: str) -> None:
        if sampler == "cmaes":
            pytest.skip("it has one; the space says so")
        made = space(sampler, objectives={"l0": "min", "ndcg@10": "max"})
        assert len(drawn_in(search(made, workers=2))) == made.search.trials

    def test_starting_points_come_first_and_the_rest_of_them_is_drawn(self, sampler: str) -> None:
        first, second, third, *_ = drawn_in(search(space(sampler, **EXTRAS), kill_at=30))
        assert (first["model_name"], first["sae_attn_heads"]) == ("SASRec_SAE_Attention", 4)
        assert second["sae_k"] == 7
        assert second["sae_lr"] != third["sae_lr"] != first["sae_lr"]


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsgaii"])
def test_they_learn(sampler: str) -> None:
    def values(number: int, settings: dict[str, Any], epoch: int) -> dict[str, Any]:
        return {"ndcg@10": -abs(settings["sae_auxk"] - 0.8), "leak": False}

    parameters = {"sae_auxk": {"float": [0.0, 1.0]}, "sae_dead_window": {"float": [0.1, 1.0]}}
    made = space(
        sampler,
        model_name="SASRec_SAE",
        parameters=parameters | {"sae_epochs": 1},
        search={"sampler": sampler, "trials": 150},
    )
    found = [abs(drawn["sae_auxk"] - 0.8) for drawn in drawn_in(search(made, curve=values))]
    assert sum(found[-40:]) < 9  # by chance 13.6


@pytest.mark.parametrize("sampler", ["tpe", "nsgaii", "cmaes"])
def test_limits_are_learnt(sampler: str) -> None:
    def values(number: int, settings: dict[str, Any], epoch: int) -> dict[str, Any]:
        """The better, the more of what is not allowed."""
        return {"ndcg@10": settings["sae_auxk"], "l0": settings["sae_auxk"], "leak": False}

    made = space(
        sampler,
        model_name="SASRec_SAE",
        parameters={
            "sae_auxk": {"float": [0.0, 1.0]},
            "sae_dead_window": {"float": [0.1, 1.0]},
            "sae_epochs": 1,
        },
        search={"sampler": sampler, "trials": 150},
        constraints={"l0": "<= 0.3"},
    )
    late = [drawn["sae_auxk"] for drawn in drawn_in(search(made, curve=values))][-40:]
    assert sum(value <= 0.3 for value in late) > 20  # by chance 12


def test_a_sampler_that_would_now_answer_otherwise_says_so() -> None:
    made = space("nsgaii")
    past = search(made, kill_at=30)
    wider = PARAMETERS | {"sae_k": {"int": [1, 64], "log": True}}
    sampler = sampler_for(space("nsgaii", parameters=wider))
    search(space("nsgaii", parameters=wider), past=past, sampler=sampler)
    assert not sampler.exact


def test_a_space_without_a_choice() -> None:
    for sampler in ALL:
        values = {"model_name": "SASRec_SAE", "parameters": {"sae_k": 3}}
        made = space_of(values | {"search": {"sampler": sampler, "trials": 3}})
        assert drawn_in(search(made)) == [{}, {}, {}]


def test_a_net_lies_more_evenly_than_chance() -> None:
    def gap(sampler: str) -> float:
        made = space(sampler, parameters={"sae_auxk": {"float": [0.0, 1.0]}})
        sampler, history = sampler_for(made), History(made.objectives)
        drawn = sorted(sampler.propose(history, number)["sae_auxk"] for number in range(32))
        return max(high - low for low, high in pairwise(drawn))

    assert gap("qmc") < 2 / 32 < gap("random")


PLACES = [number / 19 for number in range(20)]


def shares_near(place: float, best: float, state: States, running: Sequence[float] = ()) -> float:
    """Return the share of what is proposed within .1 of a place.

    Twenty trials have reported, the better the nearer they are to `best`, and are now in a state;
    others run elsewhere without a report.
    """
    made = space("tpe", model_name="SASRec_SAE", parameters={"sae_auxk": {"float": [0.0, 1.0]}})
    sampler, history = sampler_for(made), History(made.objectives)
    for number, value in enumerate([*PLACES, *running]):
        told = history.add(trial(number, {"sae_auxk": value}))
        sampler.on_event(history, told)
        if number < len(PLACES):
            history.take(told, Report(1, 1.0, {"ndcg@10": -abs(value - best)}))
            history.turn(told, state)
            sampler.on_event(history, told)
    found = [sampler.propose(history, number)["sae_auxk"] for number in range(100, 150)]
    return sum(abs(value - place) < 0.1 for value in found) / len(found)


@pytest.mark.parametrize("best", [0.2, 0.8])
def test_paused_trials_teach(best: float) -> None:
    assert shares_near(best, best, States.PAUSED) > 0.4  # by chance 0.2
    assert shares_near(1 - best, best, States.PAUSED) < 0.1


def test_trials_that_have_never_paused_teach_nothing() -> None:
    assert shares_near(0.8, 0.8, States.RUNNING) == shares_near(0.8, 0.2, States.RUNNING)


@pytest.mark.parametrize("best", [0.2, 0.8])
def test_running_trials_repel(best: float) -> None:
    there = [best - 0.05 + 0.01 * number for number in range(11)]
    alone = shares_near(best, best, States.PAUSED)
    assert shares_near(best, best, States.PAUSED, running=there) < alone / 2


def test_proposals_do_not_depend_on_the_process() -> None:
    code = (
        "import test_samplers as t\n"
        "for d in t.drawn_in(t.search(t.space('tpe', **t.EXTRAS))): print(sorted(d.items()))"
    )
    here = Path(__file__).parent
    path = os.pathsep.join(map(str, [here, *here.parents[:3]]))
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0].count("sae_lr") == 22
    assert outputs[0] == outputs[1]
