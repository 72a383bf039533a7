"""Priors: a right one helps a search, a wrong one washes out; any sampler takes them."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.search.engine.history import History
from recsae.search.samplers.guided import GuidedSampler
from recsae.search.samplers.priors import CONFIDENCE, Priors, share
from recsae.search.strategies import sampler_for
from recsae.space import Parameter, Prior, SearchSpace, space_of
from recsae.space.unit import from_unit, to_unit
from recsae.testing.searches import drawn_in, search

BEST = {"sae_lr": 0.02, "sae_auxk": 0.05, "sae_k": 12}


def space(
    sampler: str, around: dict[str, Any] | None, sure: str = "high", trials: int = 30, seed: int = 0
) -> SearchSpace:
    parameters: dict[str, Any] = {
        "sae_lr": {"float": [1e-5, 1.0], "log": True},
        "sae_auxk": {"float": [1e-4, 1.0], "log": True},
        "sae_k": {"int": [2, 100], "log": True},
        "sae_epochs": 1,
    }
    for name, value in (around or {}).items():
        parameters[name]["prior"] = {"around": value, "sure": sure}
    return space_of(
        {
            "model_name": "SASRec_SAE",
            "parameters": parameters,
            "scheduler": {"name": "none"},
            "search": {"sampler": sampler, "trials": trials, "seed": seed},
        }
    )


def loss(settings: dict[str, Any]) -> float:
    """How far settings are from the best, in powers of ten."""
    return sum(abs(math.log10(settings[name] / best)) for name, best in BEST.items())


def toy(trial_id: int, settings: dict[str, Any], epoch: int) -> dict[str, Any]:
    return {"ndcg@10": -loss(settings), "leak": False}


def regret(sampler: str, around: dict[str, Any] | None, trials: int = 30) -> float:
    """Return the loss of the best of a search, as the mean over seeds."""
    spaces = [space(sampler, around, trials=trials, seed=seed) for seed in range(8)]
    return float(np.mean([min(map(loss, drawn_in(search(s, curve=toy)))) for s in spaces]))


WRONG = {"sae_lr": 1e-4, "sae_auxk": 0.9, "sae_k": 3}


@pytest.mark.parametrize("sampler", ["random", "qmc", "tpe", "cmaes"])
def test_a_right_prior_helps(sampler: str) -> None:
    near = {"sae_lr": 0.03, "sae_auxk": 0.04, "sae_k": 10}
    assert regret(sampler, near) < 0.75 * regret(sampler, None)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_wrong_prior_washes_out(sampler: str) -> None:
    assert regret(sampler, WRONG, trials=60) < 1.3 * regret(sampler, None, trials=60)


@given(st.integers(0, 10**6))
def test_the_share_of_a_prior_falls_and_grows_with_being_sure(trial_id: int) -> None:
    shares = [share(sure, trial_id) for sure in ("low", "medium", "high")]
    assert 0 < shares[0] < shares[1] < shares[2] < 1
    assert all(share(sure, trial_id + 1) < share(sure, trial_id) for sure in CONFIDENCE)


def test_in_all_a_prior_takes_few_of_many_trials() -> None:
    assert sum(share("high", n) for n in range(64)) < 16
    assert sum(share("high", n) for n in range(1000)) < 40


def test_what_has_no_prior_stays_as_the_sampler_drew_it() -> None:
    made = space("random", {"sae_k": 50})
    plain = sampler_for(space("random", None))
    guided = GuidedSampler(made, sampler_for(made))
    history = History(made.objectives)
    pairs = [(plain.propose(history, n), guided.propose(history, n)) for n in range(40)]
    assert all(a["sae_lr"] == b["sae_lr"] for a, b in pairs)
    taken = [b["sae_k"] for a, b in pairs if a["sae_k"] != b["sae_k"]]
    assert 4 < len(taken) < 25
    assert all(25 <= k <= 100 for k in taken)


def test_a_prior_of_a_choice() -> None:
    parameters = {
        "sae_positions": {"choice": ["all", "last"], "prior": {"around": "last", "sure": "high"}},
        "sae_auxk": {"float": [0.1, 1.0], "when": {"sae_positions": "last"}},
    }
    made = space_of({"model_name": "SASRec_SAE", "parameters": parameters})
    draw = Priors(made).around({}, np.random.default_rng(0))
    drawn = [made.drawn(draw) for _ in range(200)]
    last = [values for values in drawn if values["sae_positions"] == "last"]
    assert 180 < len(last) < 200  # .9, and half of the rest
    assert all("sae_auxk" in values for values in last)


parameters = st.one_of(
    st.tuples(st.integers(1, 50), st.integers(1, 50), st.booleans()).map(
        lambda t: Parameter("x", "int", t[0], t[0] + t[1], log=t[2])
    ),
    st.tuples(st.floats(0.01, 5), st.floats(0.1, 50), st.booleans()).map(
        lambda t: Parameter("x", "float", t[0], t[0] + t[1], log=t[2])
    ),
    st.integers(1, 9).map(lambda n: Parameter("x", "choice", choices=tuple(range(n)))),
    st.integers(1, 9).map(lambda n: Parameter("x", "int", 2, 2 + 3 * n, step=3)),
)


@given(parameters, st.floats(0, 1, exclude_max=True))
def test_a_coordinate_leads_back_to_its_value(parameter: Parameter, unit: float) -> None:
    value = from_unit(parameter, unit)
    assert parameter.takes(value)
    again = from_unit(parameter, to_unit(parameter, value))
    assert again == pytest.approx(value, rel=1e-9)


@given(parameters, st.floats(0, 1, exclude_max=True), st.sampled_from(sorted(CONFIDENCE)))
def test_a_prior_draws_values_of_the_parameter(
    parameter: Parameter, unit: float, sure: str
) -> None:
    around = from_unit(parameter, unit)
    believed = Parameter(**{**vars(parameter), "prior": Prior.of({"around": around, "sure": sure})})
    made = space_of({"model_name": "SASRec_SAE", "parameters": {"sae_k": 3}})
    priors = Priors(SearchSpace(**{**vars(made), "parameters": (believed,)}))
    draw = priors.around({}, np.random.default_rng(1))
    assert all(believed.takes(draw(believed)) for _ in range(5))
