"""The sampler `ours`, on spaces of every kind: beside the laws, what it learns and completes."""

from typing import Any

import numpy as np
import pytest

from recsae.search.curve_gp.unit_cube import MIDDLE, Cube
from recsae.search.engine.new_trials import completed
from recsae.search.samplers.warm_start import WarmTrial
from recsae.search.strategies import pauses_for
from recsae.space import SearchSpace, space_of
from recsae.testing.searches import Curve, Metrics, search

K, RATE = {"int": [2, 16], "log": True}, {"float": [1e-4, 1e-2], "log": True}
SPACES: dict[str, dict[str, Any]] = {
    "plain": {"parameters": {"sae_k": K, "sae_lr": RATE, "sae_epochs": 9}},
    "scaled": {
        "parameters": {
            "sae_lr": {**RATE, "scale": "latents"},
            "sae_scale_size": {"choice": [16, 2, 8]},
            "sae_epochs": 4,
        }
    },
    "conditional": {
        "model_name": ["SASRec_SAE", "SASRec_SAE_Attention", "SASRec_SAE_Contrastive"],
        "parameters": {
            "sae_k": K,
            "sae_attn_heads": {"choice": [1, 2], "when": {"model_name": "SASRec_SAE_Attention"}},
            "sae_attn_mode": {"value": "code", "when": {"model_name": "SASRec_SAE_Attention"}},
            "sae_epochs": 4,
        },
    },
    "limited": {
        "parameters": {"sae_k": K, "sae_lr": RATE, "sae_epochs": 4},
        "constraints": {"l0": "<= 5"},
    },
    "guided": {
        "parameters": {
            "sae_k": K,
            "sae_lr": {**RATE, "prior": {"around": 0.003, "sure": "high"}},
            "sae_epochs": 4,
        },
        "points": [{"sae_k": 7}],
    },
    "one choice": {"parameters": {"sae_k": {"choice": [4]}, "sae_epochs": 3}},
    "few choices": {"parameters": {"sae_k": {"choice": [4, 8]}, "sae_epochs": 3}},
    "nothing": {"parameters": {"sae_k": 3, "sae_epochs": 3}},
    "one epoch": {"parameters": {"sae_k": K, "sae_epochs": 1}},
    "epochs too": {"parameters": {"sae_k": K, "sae_epochs": {"int": [2, 9]}}},
}


def space_named(name: str, trials: int = 14, seed: int = 0) -> SearchSpace:
    """One of the spaces above."""
    return space_of(
        {
            "model_name": "SASRec_SAE",
            "search": {"trials": trials, "seed": seed, "sampler": "ours"},
            **SPACES[name],
        }
    )


def made(trial_id: int, settings: dict[str, Any], epoch: int) -> Metrics | None:
    """Grow towards a smooth function of the settings, with noise by seed; one fails, some leak."""
    if (trial_id, epoch) in ((3, 1), (11, 2)):
        return None
    rate = float(np.log10(settings.get("sae_lr", 1e-3)) + 2.5)
    trial_effect = np.random.default_rng([settings.get("sae_seed", 0), epoch]).standard_normal()
    value = 0.2 - 0.03 * rate**2 - 0.001 * abs(settings["sae_k"] - 6) - 0.05 * 0.6**epoch
    return {
        "ndcg@10": value + 0.002 * float(trial_effect),
        "l0": float(settings["sae_k"]),
        "leak": float(trial_id % 9 == 7 and epoch > 1),
    }


@pytest.mark.parametrize("name", SPACES)
def test_settings_are_valid_and_every_trial_is_asked_for(name: str) -> None:
    space = space_named(name)
    asked = [event for event in search(space, workers=2, curve=made) if event["kind"] == "asked"]
    assert len(asked) == space.trials
    for number, event in enumerate(asked):
        fresh = completed(space, event["drawn"], number)
        assert fresh.settings == event["settings"]
        space.settings_for({"model_name": fresh.model_name, **event["settings"]})
        searched_by_name = {p.name: p for p in space.parameters}
        for parameter, value in event["drawn"].items():
            assert parameter == "model_name" or searched_by_name[parameter].takes(value)


@pytest.mark.parametrize(
    ("name", "trials"),
    [("plain", 36), ("limited", 14), ("conditional", 14), ("guided", 14)],
)
def test_a_replay_goes_on_bit_for_bit(name: str, trials: int) -> None:
    space = space_named(name, trials)
    events = search(space, curve=made)
    for cut in (1, len(events) // 3, len(events) * 2 // 3):
        assert search(space, curve=made, past=events[:cut]) == events


def test_another_seed_proposes_otherwise() -> None:
    one, other = (search(space_named("plain", seed=seed), curve=made) for seed in (0, 1))
    assert one[0]["drawn"] != other[0]["drawn"]


def test_it_finds_what_is_good_and_completes_little_else() -> None:
    events = search(space_named("plain", trials=40), curve=made)
    complete = [event for event in events if event.get("decided") == "complete"]
    assert 1 <= len(complete) <= 15
    drawn = {event["trial_id"]: event["drawn"] for event in events if event["kind"] == "asked"}
    rates = [np.log10(drawn[event["trial_id"]]["sae_lr"]) for event in complete]
    assert np.median(np.abs(np.array(rates) + 2.5)) < 0.4


@pytest.mark.parametrize(
    "curve",
    [
        lambda *_: None,
        lambda *_: {"ndcg@10": 0.1, "l0": 3.0, "leak": 1.0},
        lambda *_: {"ndcg@10": 0.1, "l0": 3.0, "leak": 0.0},
        lambda *_: {"ndcg@10": float("nan"), "l0": None, "leak": 0.0},
    ],
    ids=["all fail", "all leak", "all alike", "all broken"],
)
@pytest.mark.parametrize("name", ["plain", "limited"])
def test_whatever_trials_tell_the_search_ends(name: str, curve: Curve) -> None:
    asked = [e for e in search(space_named(name), curve=curve) if e["kind"] == "asked"]
    assert len(asked) == 14


def test_starting_points_come_first() -> None:
    assert search(space_named("guided"), curve=made)[0]["drawn"]["sae_k"] == 7


def test_an_earlier_search_is_learned_from() -> None:
    space = space_named("plain", trials=12)
    rates = np.geomspace(1e-4, 1e-2, 20)
    warm = tuple(
        WarmTrial("SASRec_SAE", {"sae_k": 6, "sae_lr": float(rate)}, curve, "before")
        for rate in rates
        for curve in [{e: {"ndcg@10": -abs(np.log10(rate) + 2.5)} for e in range(1, 10)}]
    )
    events = search(space, warm=warm, curve=made)
    drawn = [event["drawn"] for event in events if event["kind"] == "asked"][-4:]
    assert np.median([abs(np.log10(d["sae_lr"]) + 2.5) for d in drawn]) < 0.5


def test_constraints_are_kept_by_what_runs_to_its_end() -> None:
    kept = []
    for seed in range(3):
        events = search(space_named("limited", trials=40, seed=seed), curve=made)
        asked = {e["trial_id"]: e["settings"]["sae_k"] for e in events if e["kind"] == "asked"}
        kept += [asked[e["trial_id"]] <= 5 for e in events if e.get("decided") == "complete"]
    assert len(kept) > 6
    assert np.mean(kept) > 0.75


@pytest.mark.parametrize("name", SPACES)
def test_points_and_settings_stand_for_one_another(name: str) -> None:
    space = space_named(name)
    cube = Cube(space)
    shares = np.random.default_rng(0).random((50, cube.dimensions))
    points = cube.spread(shares)
    np.testing.assert_array_equal(cube.settled(points), points)
    for point in points:
        np.testing.assert_allclose(cube.point(cube.drawn(point)), point, atol=1e-12)


def test_idle_parameters_lie_in_the_middle() -> None:
    cube = Cube(space_named("conditional"))
    names = [side.name for side in cube.sides]
    points = cube.spread(np.random.default_rng(0).random((60, cube.dimensions)))
    heads, model = points[:, names.index("sae_attn_heads")], points[:, names.index("model_name")]
    attention = model == cube.sides[0].share("SASRec_SAE_Attention")
    assert set(heads[attention]) == {0.0, 1.0}
    assert set(heads[~attention]) == {MIDDLE}


def test_trials_may_pause_before_their_end() -> None:
    assert pauses_for(space_named("plain")) == (1, 2, 3, 5)
