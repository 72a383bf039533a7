"""Whole trials of what was drawn: defaults, a seed of their own, settings that cannot work."""

from dataclasses import replace
from typing import Any

from recsae.search.engine.new_trials import completed, trial_seed
from recsae.space import SearchSpace, space_of

DRAWN = {"sae_k": 100, "sae_attn_heads": 4}


def space(**fixed: Any) -> SearchSpace:
    parameters = {"sae_k": {"int": [2, 100]}, "sae_attn_heads": {"choice": [2, 4]}, **fixed}
    return space_of({"model_name": "SASRec_SAE_Attention", "parameters": parameters})


def test_a_trial_has_its_defaults_and_a_seed_of_its_own() -> None:
    drawn, seeds = {**DRAWN, "sae_epochs": 4}, []
    for number in range(3):
        found = completed(space(sae_epochs={"int": [3, 9]}), drawn, number)
        assert (found.drawn, found.max_epochs) == (drawn, 4)
        assert found.settings.items() >= {**drawn, "sae_auxk": 1 / 32}.items()
        assert "model_name" not in found.settings
        seeds.append(found.settings["sae_seed"])
    assert seeds == [trial_seed(0, number) for number in range(3)] and len(set(seeds)) == 3
    assert completed(space(sae_seed=5), DRAWN, 1).settings["sae_seed"] == 5


def test_a_trial_has_the_same_seed_in_every_version() -> None:
    assert [trial_seed(0, 0), trial_seed(0, 1), trial_seed(7, 0)] == [
        1484405855,
        1982462498,
        1041839916,
    ]
    assert max(trial_seed(3, number) for number in range(100)) < 2**31


def test_settings_that_contradict_each_other_stay_as_drawn() -> None:
    """The base turned out to be 66 wide, which four heads do not divide."""
    nine, made = (
        replace(made, base=replace(made.base, width=66)) for made in (space(sae_epochs=9), space())
    )
    found = completed(nine, DRAWN, 1)
    assert found.settings == {**DRAWN, "sae_epochs": 9, "sae_seed": trial_seed(0, 1)}
    assert (found.model_name, found.max_epochs) == ("SASRec_SAE_Attention", 9)
    assert completed(made, DRAWN, 1).max_epochs == made.max_epochs == 10
