"""`train` stores the base's dropout views when the variant needs them, and says why it cannot."""

from collections.abc import Callable
from typing import Any

import pytest
from commands import Done, Recsae
from conftest import TINY

BASE = {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2}
SAE = {"sae_epochs": 2, "sae_k": 2, "sae_batch_size": 128}
VIEW = {"model_name": "SASRec_SAE_Contrastive", "sae_contrastive_view": "base"}


@pytest.fixture
def train(recsae: Recsae) -> Callable[..., Done]:
    def run(**flags: Any) -> Done:
        words = [part for name, value in flags.items() for part in (f"--{name}", value)]
        return recsae("train", *words, "--json")

    return run


def test_training_on_base_views_and_scoring_again(train: Callable[..., Done]) -> None:
    flags = {"dataset": TINY, **BASE, **SAE, **VIEW}
    outcome = train(**flags).json
    assert outcome["settings"]["sae_contrastive_view"] == "base"
    again = train(**flags, sae_train=0).json
    assert again["reproduced"] is True and again["metrics"] == outcome["metrics"]


def test_a_base_without_dropout_is_told_before_it_is_trained(train: Callable[..., Done]) -> None:
    done = train(dataset=TINY, **BASE, **SAE, **VIEW, dropout=0.0, base_seed=77)
    assert "activation_views: the base has no dropout" in done.mistake


@pytest.mark.parametrize("views", [-1, 65])
def test_a_number_of_views_out_of_range_is_told(train: Callable[..., Done], views: int) -> None:
    done = train(dataset=TINY, model_name="SASRec_SAE", activation_views=views)
    assert done.code == 2 and "activation_views" in done.err
