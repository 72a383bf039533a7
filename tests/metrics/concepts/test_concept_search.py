"""A search for quality and meaning: scores of concepts are stored and shown beside controls."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import Recsae, answer
from conftest import TINY

from recsae.report.summary import summary_lines

SPACE = {
    "model_name": "SASRec_SAE",
    "dataset": TINY,
    "base": {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2},
    "parameters": {"sae_k": {"int": [1, 4]}, "sae_lr": 1e-2, "sae_epochs": 2},
    "objectives": {"ndcg@10": "max", "concept_auc": "max"},
    "constraints": {"concept_recovery": ">= 0.01"},
    "search": {"sampler": "random", "trials": 2, "seed": 3},
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(yaml.safe_dump(SPACE))
    return path


@pytest.fixture(scope="module")
def found(space: Path) -> dict[str, Any]:
    return answer("tune", str(space), "--name", "meaning", "--workers", "1")


def test_the_best_have_their_scores_beside_controls(found: dict[str, Any]) -> None:
    assert found["best"]
    for best in found["best"]:
        own = best["concepts"]["concept_auc"]
        assert own["value"] == best["metrics"]["concept_auc"]
        assert set(own["controls"]) == {"raw", "pca", "random", "permuted"}
        assert best["metrics"]["concept_recovery"] >= 0.01
        assert 0 <= best["test"]["concept_auc"] <= 1


def test_the_page_and_the_terminal_tell_what_beats_its_controls(
    found: dict[str, Any],
) -> None:
    page, lines = Path(found["report"]).read_text(), "\n".join(summary_lines(found))
    for text in (page, lines):
        assert "best control" in text and "its controls" in text
    assert "concept_f1" not in lines  # nobody asked for it


def test_evaluate_gives_the_same_again_and_more_if_asked(
    found: dict[str, Any], recsae: Recsae
) -> None:
    outcome = recsae("evaluate", found["path"], "--metrics", "purity", "--json").json
    assert outcome["reproduced"] is True
    assert {"concept_auc", "concept_recovery", "purity"} <= set(outcome["metrics"]["dev"])
    assert "coverage" not in outcome["metrics"]["dev"]
    stored = json.loads((Path(outcome["path"]) / "metrics.json").read_text())
    assert "purity" not in stored["dev"] and stored["concepts"] == outcome["concepts"]


def test_a_metric_that_is_not_on_request_is_refused(found: dict[str, Any], recsae: Recsae) -> None:
    message = recsae("evaluate", found["path"], "--metrics", "purety").mistake
    assert "--metrics" in message and "did you mean 'purity'?" in message


def test_data_without_attributes_are_refused(space: Path, recsae: Recsae, tmp_path: Path) -> None:
    rows = [f"{user},{(user + step) % 30},{step}" for user in range(40) for step in range(9)]
    (tmp_path / "log.csv").write_text("\n".join(["user,item,timestamp", *rows]))
    message = recsae("tune", space, "--dataset", tmp_path / "log.csv", "--name", "bare").mistake
    assert "concept_auc: expected data with attributes of items" in message
