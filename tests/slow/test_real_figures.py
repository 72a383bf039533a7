"""The figures promised on real data; minutes long, so `make test-slow` runs them, not CI."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKPOINT = "checkpoints/rechorus-sasrec-grocery-2L2H.pt"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not os.environ.get("RECSAE_DATA_DIR"), reason="RECSAE_DATA_DIR does not name real data"
    ),
]


def recsae(*words: str) -> dict[str, Any]:
    """Run a command and return its JSON."""
    command = [sys.executable, "-m", "recsae", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_base_of_ml_100k_is_as_good_as_promised() -> None:
    found = recsae("pretrain", "--dataset", "ml-100k")
    assert found["metrics"]["test"]["ndcg@10"] >= 0.095


def test_an_imported_base_scores_as_it_did_in_rechorus() -> None:
    file = Path(os.environ["RECSAE_DATA_DIR"]).parent / CHECKPOINT
    if not file.is_file():
        pytest.skip(f"no {CHECKPOINT} beside RECSAE_DATA_DIR")
    words = ("--format", "rechorus", "--dataset", "grocery", "--num_heads", "2")
    recsae("import", str(file), *words, "--name", "rechorus-grocery")
    for mask, split, hr, ndcg in (
        ("all", "test", 0.0678, 0.0376),
        ("all", "dev", 0.0880, 0.0482),
        ("none", "test", 0.0624, 0.0274),
    ):
        found = recsae("evaluate", "rechorus-grocery", "--mask", mask)["metrics"][split]
        assert found["hr@10"] == pytest.approx(hr, abs=1e-4)
        assert found["ndcg@10"] == pytest.approx(ndcg, abs=1e-4)


def test_published_attention_leaks_on_ml_100k_and_attention_over_the_code_does_not() -> None:
    words = ("train", "--model_name", "SASRec_SAE_Attention", "--dataset", "ml-100k")
    for mode, leaks in (("published", True), ("code", False)):
        found = recsae(*words, "--sae_k", "1", "--sae_attn_mode", mode)
        assert found["metrics"]["dev"]["leak"] is leaks


def test_a_search_on_grocery_keeps_what_the_published_setting_loses() -> None:
    words = ("--dataset", "grocery")
    seed = recsae("train", "--model_name", "SASRec_SAE", *words)
    found = recsae("tune", "sasrec_sae.yaml", *words, "--trials", "8", "--name", "grocery-slow")
    (best,) = found["best"]
    assert best["settings"]["sae_k"] <= 16
    assert best["metrics"]["share"] >= 0.95 > seed["metrics"]["dev"]["share"]
