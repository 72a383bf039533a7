"""A search whose space holds a leaking mode: such trials are marked, and none of them is best."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from commands import answer
from conftest import TINY

from recsae.metrics.registry import deep_metrics
from recsae.results import DEV

AUDIT = ("fvu", "fvu_code", "fvu_permuted", "fvu_zeroed", "leak_share")
SPACE = {
    "model_name": "SASRec_SAE_Attention",
    "dataset": TINY,
    "base": {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2},
    "parameters": {
        "sae_attn_mode": {"choice": ["published", "code"]},
        "sae_k": {"int": [1, 4]},
        "sae_lr": {"float": [1e-3, 1e-1], "log": True},
        "sae_epochs": 2,
    },
    "objectives": {"fvu": "min"},
    "search": {"sampler": "random", "trials": 5, "seed": 3},
    "scheduler": {"name": "asha", "grace_epochs": 1, "reduction_factor": 2},
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(yaml.safe_dump(SPACE))
    return answer("tune", str(path), "--name", "leaking", "--workers", "1")


@pytest.fixture(scope="module")
def trials(found: dict[str, Any]) -> pd.DataFrame:
    return pd.read_parquet(Path(found["path"]) / "results.parquet")


def test_each_trial_has_the_audit(trials: pd.DataFrame) -> None:
    assert trials[[DEV + name for name in AUDIT]].notna().all(axis=None)
    leaks = trials["dev/leak"].astype(bool)
    assert (leaks == (trials["sae_attn_mode"] == "published")).all()
    assert leaks.any() and not leaks.all()


def test_a_leak_is_never_best_though_it_has_the_least_error(
    found: dict[str, Any], trials: pd.DataFrame
) -> None:
    for best in found["best"]:
        assert best["settings"]["sae_attn_mode"] == "code" and not best["metrics"]["leak"]
    page = (Path(found["path"]) / "report.html").read_text()
    assert "leaking</li>" in page and ", leaks" in page


def test_every_trial_has_the_costly_measures_of_where_it_ended(trials: pd.DataFrame) -> None:
    assert {"COMPLETE", "PRUNED"} == set(trials["state"])
    assert trials[[DEV + name for name in sorted(deep_metrics())]].notna().all(axis=None)


def test_baselines_stand_beside_the_trials(found: dict[str, Any]) -> None:
    assert set(found["beside"]) == {"base", "Popularity", "MarkovChain"}
    assert all(
        0 <= own["ndcg@10"] <= 1 and math.isfinite(own["hr@50"]) for own in found["beside"].values()
    )
