"""`train` stores the base's dropout views when the variant needs them, and says why it cannot."""

import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from conftest import TINY

from recsae.cli.app import main

BASE = {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2}
SAE = {"sae_epochs": 2, "sae_k": 2, "sae_batch_size": 128}
VIEW = {"model_name": "SASRec_SAE_Contrastive", "sae_contrastive_view": "base"}


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def train(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    def run(**flags: Any) -> Done:
        words = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
        monkeypatch.setattr(sys, "argv", ["recsae", "train", *words, "--json"])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return run


def test_training_on_base_views_and_scoring_again(train: Callable[..., Done]) -> None:
    flags = {"dataset": TINY, **BASE, **SAE, **VIEW}
    done = train(**flags)
    assert done.code == 0, done.err
    outcome = json.loads(done.out)
    assert outcome["settings"]["sae_contrastive_view"] == "base"
    again = json.loads(train(**flags, sae_train=0).out)
    assert again["reproduced"] is True and again["metrics"] == outcome["metrics"]


def test_a_base_without_dropout_is_told_before_it_is_trained(train: Callable[..., Done]) -> None:
    done = train(dataset=TINY, **BASE, **SAE, **VIEW, dropout=0.0, base_seed=77)
    assert done.code == 2 and not done.out
    (line,) = done.err.strip().splitlines()
    assert "activation_views: the base has no dropout" in line


@pytest.mark.parametrize("views", [-1, 65])
def test_a_number_of_views_out_of_range_is_told(train: Callable[..., Done], views: int) -> None:
    done = train(dataset=TINY, model_name="SASRec_SAE", activation_views=views)
    assert done.code == 2 and "activation_views" in done.err
