"""One model from Python: the same scores as the command line's, with a table for a notebook."""

from pathlib import Path

import pytest
from commands import Recsae
from conftest import TINY

import recsae
from recsae.errors import RecsaeError

BASE = {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2, "base_seed": 12}
SETTINGS = {"sae_k": 3, "sae_epochs": 2, "sae_batch_size": 128}


@pytest.fixture(scope="module")
def trained() -> recsae.Trained:
    return recsae.train("SASRec_SAE", dataset=TINY, base=BASE, seed=4, **SETTINGS)


def test_it_is_what_the_command_line_gives(trained: recsae.Trained, recsae: Recsae) -> None:
    flags = [f"--{name}={value}" for name, value in {**BASE, **SETTINGS}.items()]
    words = ["train", "--model_name", "SASRec_SAE", "--dataset", TINY, "--seed", 4, *flags]
    told = recsae(*words, "--json").json
    assert told["metrics"] == trained.metrics and told["path"] == str(trained.path)


def test_it_says_what_the_command_line_says_and_shows_a_table(trained: recsae.Trained) -> None:
    assert "SASRec_SAE" in repr(trained) and "ndcg@10" in repr(trained)
    table = trained.table()
    assert list(table) == ["dev", "test", "base dev", "base test"]
    assert table.loc["ndcg@10", "dev"] == trained.metrics["dev"]["ndcg@10"]
    assert "<table" in trained._repr_html_() and "SASRec_SAE on" in trained._repr_html_()
    assert trained.settings["sae_k"] == 3 and trained.model() is not None


def test_a_base_and_a_baseline_are_trained_alike() -> None:
    base = recsae.train("SASRec", dataset=TINY, **BASE)
    assert base.outcome["model_name"] == "SASRec" and isinstance(base.path, Path)
    counted = recsae.train("Popularity", dataset=TINY)
    assert counted.metrics["dev"]["ndcg@10"] > 0
    with pytest.raises(RecsaeError, match="expected an autoencoder, got"):
        counted.model()


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("SASRec_SEA", {}, "did you mean 'SASRec_SAE'"),
        ("SASRec_SAE", {"sae_kk": 3}, "did you mean 'sae_k'"),
        ("SASRec_SAE", {"sae_k": 0}, "sae_k: expected an integer >= 1"),
        ("SASRec_SAE", {"base": {"emb_sise": 3}}, "did you mean 'emb_size'"),
        ("SASRec_SAE", {"sae_k": 999}, "sae_k: expected at most 128"),
        ("Popularity", {"sae_k": 3}, "not a setting of Popularity"),
        ("SASRec_SAE", {"data": {"min_usr": 3}}, "did you mean 'min_user'"),
    ],
)
def test_a_mistake_is_told_before_anything_is_trained(name: str, settings: dict, told: str) -> None:
    with pytest.raises(RecsaeError, match=told):
        recsae.train(name, dataset=TINY, **settings)
