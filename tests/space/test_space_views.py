"""A space says how many dropout views of the base must be stored: as many as a trial may need."""

from typing import Any

import pytest

from recsae.space import SearchSpace, space_of


def space(model: str | list[str], parameters: dict[str, Any], **sections: Any) -> SearchSpace:
    return space_of({"model_name": model, "parameters": parameters, **sections})


CONTRASTIVE = "SASRec_SAE_Contrastive"
VIEW, WEIGHT = "sae_contrastive_view", "sae_contrastive_weight"


@pytest.mark.parametrize(
    ("parameters", "views"),
    [
        ({"sae_k": {"int": [2, 8]}}, 0),
        ({VIEW: "dropout"}, 0),
        ({VIEW: "base"}, 1),
        ({VIEW: {"choice": ["dropout", "base"]}}, 1),
        ({VIEW: {"choice": ["base", "dropout"]}, "sae_k": {"int": [2, 8]}}, 1),
        ({VIEW: "base", WEIGHT: 0.0}, 0),
        ({VIEW: "base", WEIGHT: {"float": [0.0, 1.0]}}, 1),
    ],
)
def test_any_trial_that_may_need_them_counts(parameters: dict[str, Any], views: int) -> None:
    assert space(CONTRASTIVE, parameters).with_views().activations.activation_views == views


def test_a_setting_of_one_model_among_several_counts() -> None:
    parameters = {VIEW: {"value": "base", "when": {"model_name": CONTRASTIVE}}}
    several = space(["SASRec_SAE", CONTRASTIVE], parameters)
    assert several.with_views().activations.activation_views == 1


def test_more_that_are_asked_for_stay_and_are_kept_with_the_run() -> None:
    asked = space(CONTRASTIVE, {VIEW: "base"}, activations={"activation_views": 3}).with_views()
    assert asked.activations.activation_views == 3
    assert asked.resolved()["activations"]["activation_views"] == 3


def test_nothing_else_changes() -> None:
    plain = space("SASRec_SAE", {"sae_k": 4})
    assert plain.with_views() == plain
