"""A whole search on tiny data through the command line, and all that is read from it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import answer, process
from conftest import TINY

import recsae
from recsae.results import Columns, States

SPACE = {
    "model_name": ["SASRec_SAE", "SASRec_SAE_Attention"],
    "dataset": TINY,
    "base": {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2, "base_seed": 11},
    "parameters": {
        "sae_k": {"int": [2, 8], "log": True},
        "sae_lr": {"float": [1e-3, 1e-1], "log": True},
        "sae_scale_size": {"choice": [1, 2]},
        "sae_attn_mode": {"value": "code", "when": {"model_name": "SASRec_SAE_Attention"}},
        "sae_epochs": 4,
        "sae_batch_size": 128,
    },
    "objectives": {"ndcg@10": "max"},
    "search": {"sampler": "tpe", "trials": 6, "seed": 1},
    "scheduler": {"name": "asha", "grace_epochs": 1, "reduction_factor": 2},
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(yaml.safe_dump(SPACE))
    return path


@pytest.fixture(scope="module")
def outcome(space: Path) -> dict[str, Any]:
    return answer("tune", str(space), "--name", "whole", "--workers", "2")


def test_tune_answers_with_counts_and_the_best(outcome: dict[str, Any]) -> None:
    assert outcome["run"] == "whole" and outcome["pretrained"] and not outcome["interrupted"]
    counts = outcome["trials"]
    assert set(counts) == {"COMPLETE", "PRUNED", "FAILED"} and sum(counts.values()) == 6
    assert counts["COMPLETE"] >= 1 and counts["FAILED"] == 0
    (best,) = outcome["best"]
    assert {"ndcg@10", "fvu", "leak", "l0", "dead", "share"} <= set(best["metrics"])
    assert best["settings"]["model_name"] in SPACE["model_name"]
    assert "ndcg@10" in best["test"]


def test_the_run_reads_as_dataframes(outcome: dict[str, Any]) -> None:
    run = recsae.load_results(outcome["path"])
    assert list(run.trials[Columns.TRIAL_ID]) == list(range(6))
    best = run.trials.set_index(Columns.TRIAL_ID).loc[outcome["best"][0]["trial_id"]]
    complete = run.trials[run.trials[Columns.STATE] == States.COMPLETE]
    assert best["dev/ndcg@10"] == complete["dev/ndcg@10"].max()
    assert set(complete[Columns.EPOCHS]) == {4}
    assert not run.curves.duplicated([Columns.TRIAL_ID, Columns.EPOCH]).any()
    last = run.curves.groupby(Columns.TRIAL_ID)["dev/ndcg@10"].last()
    assert (run.trials.set_index(Columns.TRIAL_ID)["dev/ndcg@10"] == last).all()
    assert run.trials["sae_seed"].nunique() == 6


def test_the_same_space_again_trains_no_base(space: Path, outcome: dict[str, Any]) -> None:
    again = answer("tune", str(space), "--name", "again", "--workers", "1")
    assert not again["pretrained"]
    assert again["base"]["fingerprint"] == outcome["base"]["fingerprint"]


def test_evaluate_gives_the_same_figures(outcome: dict[str, Any]) -> None:
    found = answer("evaluate", "whole")
    assert found["reproduced"]
    assert found["metrics"]["dev"] == outcome["best"][0]["metrics"]
    assert found["metrics"]["test"] == outcome["best"][0]["test"]
    reads = json.loads(Path(outcome["path"], "test_reads.json").read_text())["reads"]
    assert reads == 2  # by the search at its end, and just now


def test_results_and_report_open_the_run(outcome: dict[str, Any]) -> None:
    found = answer("results", "whole")
    assert found["best"] == outcome["best"] and found["trials"] == outcome["trials"]
    page = Path(answer("report", "whole")["report"])
    assert page == Path(outcome["report"]) and "plotly" in page.read_text()


def test_the_run_is_sound_and_its_best_scores_the_same(outcome: dict[str, Any]) -> None:
    found = answer("verify", "whole")
    assert found["sound"] and all(check["sound"] for check in found["checks"])
    assert found["checks"][-1]["says"] == "scores the same to the last digit, and does not leak"


def test_a_taken_name_is_refused_and_harms_nothing(space: Path, outcome: dict[str, Any]) -> None:
    before = Path(outcome["path"], "results.parquet").read_bytes()
    assert "exists already" in process("tune", space, "--name", "whole").mistake
    assert Path(outcome["path"], "results.parquet").read_bytes() == before


def test_a_run_goes_on_with_the_same_data_however_named(outcome: dict[str, Any]) -> None:
    words = ["--resume", "whole", "--dataset", TINY, "--min_user", "1"]
    again = process("tune", *words, "--json")
    assert "going on with --workers 2, as the run did" in again.err
    assert "has finished already" in again.err and again.json["best"] == outcome["best"]


def test_a_run_does_not_go_on_with_other_data(outcome: dict[str, Any]) -> None:
    done = process("tune", "--resume", "whole", "--min_user", "11")
    assert done.code == 2 and "was searched on other states: its data" in done.err


def test_two_objectives_give_a_front(space: Path, tmp_path: Path) -> None:
    two = {**SPACE, "objectives": {"ndcg@10": "max", "l0": "min"}, "scheduler": {"name": "none"}}
    path = tmp_path / "two.yaml"
    path.write_text(yaml.safe_dump(two))
    found = answer("tune", str(path), "--name", "two")
    assert found["trials"] == {"COMPLETE": 6, "PRUNED": 0, "FAILED": 0}
    front = sorted((b["metrics"]["l0"], b["metrics"]["ndcg@10"]) for b in found["best"])
    assert front == sorted(front, key=lambda point: point[1])  # denser is better, or it is beaten
    assert all("test" in best for best in found["best"])
