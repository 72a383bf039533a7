"""A search told to MLflow and to Weights & Biases, both writing files alone, over two drivers."""

import json
from pathlib import Path
from typing import Any

import pytest
from callbacks.searches import listeners, search

from recsae.testing.driver import MemoryJournal

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


def two_drivers(folder: Path, make: Any) -> None:
    """Run the search to its fifth event with one callback, and on with a new one."""
    journal = MemoryJournal()
    for most in (5, None):
        search(journal, listeners(folder, make()), most)


def test_mlflow_has_a_run_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The store in files needs no server and no database; MLflow wants to hear that it is meant.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow")
    from recsae.callbacks.mlflow import MLflow

    store = (tmp_path / "store").as_uri()
    two_drivers(tmp_path, lambda: MLflow(store))
    client = mlflow.MlflowClient(store)
    experiment = client.get_experiment_by_name("recsae").experiment_id
    trials = client.search_runs([experiment], "tags.`recsae.trial_id` != ''")
    assert len(client.search_runs([experiment])) == 1 + 3
    told = {int(one.data.tags["recsae.trial_id"]): one for one in trials}
    assert {number: one.info.status for number, one in told.items()} == {
        0: "KILLED",
        1: "FINISHED",
        2: "FINISHED",
    }
    history = client.get_metric_history(told[1].info.run_id, "ndcg_at_10")
    assert [(one.step, round(one.value, 6)) for one in history] == [
        (1, 0.1),
        (2, 0.2),
        (3, 0.3),
        (4, 0.4),
    ]
    assert told[2].data.params == {"model_name": "SASRec_SAE", "sae_k": "2"}


def test_wandb_is_told_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    from recsae.callbacks.wandb import WandB

    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_SILENT", "true")
    two_drivers(tmp_path, lambda: WandB(mode="offline"))
    stored = sorted(one.name for one in (tmp_path / "wandb").glob("offline-run-*"))
    ids = [name.rsplit("-run-", 1)[1].split("-", 2) for name in stored]
    assert {one[-1].rsplit("-", 1)[-1] for one in ids} == {"0", "1", "2"}
    told = json.loads((tmp_path / "callbacks" / "wandb.json").read_text())
    assert told["events"] > 5
