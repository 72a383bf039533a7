"""A search with finalists on tiny data through the command line, and all that is told of them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import answer
from conftest import TINY

import recsae

SPACE = {
    "model_name": "SASRec_SAE",
    "dataset": TINY,
    "base": {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2, "base_seed": 12},
    "parameters": {
        "sae_k": {"int": [2, 8], "log": True},
        "sae_lr": {"float": [1e-3, 1e-1], "log": True},
        "sae_epochs": 2,
        "sae_batch_size": 128,
    },
    "objectives": {"ndcg@10": "max"},
    "search": {"sampler": "random", "trials": 4, "seed": 1, "finalists": 2, "finalist_seeds": 3},
    "scheduler": {"name": "none"},
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(yaml.safe_dump(SPACE))
    return answer("tune", path, "--name", "finals", "--workers", "2")


def test_finalists_and_the_winner_are_told(outcome: dict[str, Any]) -> None:
    assert not outcome["interrupted"] and len(outcome["finalists"]) == 2
    assert outcome["best"][0]["trial_id"] in {one["trial_id"] for one in outcome["finalists"]}
    for one in outcome["finalists"]:
        scores = one["metrics"]["ndcg@10"]
        assert (one["seeds"], one["failed"]) == (3, 0)
        assert scores["flattered"] == scores["searched"] - scores["dev"]["mean"]
        for split in ("dev", "test"):
            assert scores[split]["low"] < scores[split]["mean"] < scores[split]["high"]
    first, second = (one["metrics"]["ndcg@10"] for one in outcome["finalists"])
    assert first["dev"]["mean"] >= second["dev"]["mean"]
    assert outcome["winner"]["metrics"]["ndcg@10"] == first
    assert "sae_seed" not in outcome["winner"]["settings"]
    flattered = [one["metrics"]["ndcg@10"]["flattered"] for one in outcome["finalists"]]
    assert outcome["flattery"]["ndcg@10"] == pytest.approx(sum(flattered) / 2)


def test_the_frame_has_what_evaluate_finds_again(outcome: dict[str, Any]) -> None:
    run = recsae.load_results(outcome["path"])
    assert run.finalists is not None and len(run.finalists) == 6
    assert run.finalists["seed"].nunique() == 6
    assert not set(run.finalists["seed"]) & set(run.trials["sae_seed"])
    folders = sorted(path.name for path in Path(outcome["path"], "finalists").glob("[0-9]*"))
    won = run.finalists[run.finalists["trial_id"] == outcome["winner"]["trial_id"]]
    assert folders == sorted(f"{row.trial_id}-{row.seed}" for row in won.itertuples())
    row = won.iloc[0]
    model = Path(outcome["path"], "finalists", f"{row['trial_id']}-{row['seed']}")
    again = answer("evaluate", model)
    assert again["reproduced"]
    for split in ("dev", "test"):
        for name in ("ndcg@10", "fvu", "l0", "dead"):
            assert again["metrics"][split][name] == row[f"{split}/{name}"]


def test_test_is_read_once_for_the_best_and_once_for_the_finalists(outcome: dict[str, Any]) -> None:
    reads = json.loads(Path(outcome["path"], "test_reads.json").read_text())["reads"]
    assert reads == 2


def test_a_finished_run_trains_nothing_more(outcome: dict[str, Any]) -> None:
    file = Path(outcome["path"], "finalists.parquet")
    before = file.read_bytes()
    again = answer("tune", "--resume", "finals")
    assert again["finalists"] == outcome["finalists"] and file.read_bytes() == before
