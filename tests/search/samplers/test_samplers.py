"""The laws of recsae.testing on every sampler, and what some of them learn."""

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import Report
from recsae.search.strategies import sampler_for, strategy_for
from recsae.space.kinds import SAMPLERS
from recsae.testing import SamplerLaws
from recsae.testing.sampler_laws import PARAMETERS, space_with
from recsae.testing.searches import drawn_in, search


def trial(number: int, drawn: dict[str, Any], settings: dict[str, Any] | None = None) -> Trial:
    return Trial(number, "SASRec_SAE", drawn, settings or drawn, 3)


class TestSamplers(SamplerLaws):
    names = SAMPLERS.names
    trials = {"gp": 13, "ours": 16}
    """Fits of a Gaussian process take long; gp begins with trial 10, ours with trial 8."""


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsgaii"])
def test_they_learn(sampler: str) -> None:
    def values(number: int, settings: dict[str, Any], epoch: int) -> dict[str, Any]:
        return {"ndcg@10": -abs(settings["sae_auxk"] - 0.8), "leak": False}

    parameters = {"sae_auxk": {"float": [0.0, 1.0]}, "sae_dead_window": {"float": [0.1, 1.0]}}
    made = space_with(
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

    made = space_with(
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
    made = space_with("nsgaii")
    past = search(made, kill_at=30)
    wider = PARAMETERS | {"sae_k": {"int": [1, 64], "log": True}}
    made = space_with("nsgaii", parameters=wider)
    strategy = strategy_for(made)
    search(made, past=past, strategy=strategy)
    assert not strategy.exact


def test_a_sobol_sequence_lies_more_evenly_than_chance() -> None:
    def gap(sampler: str) -> float:
        made = space_with(sampler, parameters={"sae_auxk": {"float": [0.0, 1.0]}})
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
    made = space_with(
        "tpe", model_name="SASRec_SAE", parameters={"sae_auxk": {"float": [0.0, 1.0]}}
    )
    sampler, history = sampler_for(made), History(made.objectives)
    for number, value in enumerate([*PLACES, *running]):
        started = history.add(trial(number, {"sae_auxk": value}))
        sampler.on_event(history, started)
        if number < len(PLACES):
            history.add_report(started, Report(1, 1.0, {"ndcg@10": -abs(value - best)}))
            history.set_state(started, state)
            sampler.on_event(history, started)
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
        "from recsae.testing.sampler_laws import EXTRAS, drawn_in, search, space_with\n"
        "for d in drawn_in(search(space_with('tpe', **EXTRAS))): print(sorted(d.items()))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0].count("sae_lr") == 22
    assert outputs[0] == outputs[1]
