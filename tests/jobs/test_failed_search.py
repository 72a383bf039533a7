"""A search in which every trial fails: exit code 1, and what went wrong is told everywhere."""

import re
from pathlib import Path

import pytest
import yaml
from commands import Done, answer, last_json, process
from conftest import TINY

import recsae
from recsae.results import read_search

SPACE = {
    "model_name": "SASRec_SAE",
    "dataset": TINY,
    "base": {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2},
    "parameters": {"sae_k": {"int": [2, 16]}, "sae_lr": 1e30, "sae_epochs": 2},
    "search": {"sampler": "random", "trials": 9, "seed": 3},
    "scheduler": {"name": "none"},
}
ERROR = "SettingError: sae_lr: training diverged in epoch 1"


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Done:
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(yaml.safe_dump(SPACE))
    return process("tune", path, "--name", "failed", "--workers", "1")


def test_the_search_ends_early_and_says_why(failed: Done) -> None:
    lines, err = failed.out.splitlines(), failed.err
    assert failed.code == 1
    assert lines[0].startswith("failed: 0 COMPLETE, 0 PRUNED, 3 FAILED in ")
    assert "ended early: the first 3 trials failed alike" in lines
    (line,) = [line for line in lines if " trials FAILED" in line]
    assert line.startswith(f"3 of 3 trials FAILED, 3 times with: {ERROR}")
    assert "no trial is complete, so there is no best one" in lines
    assert ERROR in err and "--resume failed goes on" in err
    places = [path for line in lines for path in re.findall(r"(?<= )/[^ ,]+", line)]
    assert len(places) == 4 and all(Path(path).exists() for path in places)


def test_results_tell_it(failed: Done) -> None:
    found = answer("results", "failed")
    assert found["trials"] == {"COMPLETE": 0, "PRUNED": 0, "FAILED": 3} and found["best"] == []
    (kind,) = found["errors"]
    assert kind["count"] == 3 and kind["error"].startswith(ERROR)
    assert Path(found["report"]).is_file() and not Path(found["path"], "best").exists()
    results = recsae.load_results(found["path"])
    assert results.best.empty and "dev/ndcg@10" in results.best
    assert "3 of 3 trials FAILED, 3 times with: " in process("results", "failed").out


def test_evaluate_and_report_tell_it(failed: Done) -> None:
    line = process("evaluate", "failed").mistake
    assert "no trial of this run is complete (3 of 3 trials FAILED" in line
    lines = process("report", "failed").out.splitlines()
    assert lines[1].startswith(f"note: 3 of 3 trials FAILED, 3 times with: {ERROR}")


def test_it_goes_on_when_asked_and_fails_again(failed: Done) -> None:
    done = process("tune", "--resume", "failed", "--workers", "1", "--json")
    again, err = last_json(done.out), done.err
    assert done.code == 1
    assert again["trials"]["FAILED"] == 6 and again["errors"][0]["count"] == 6
    assert "the first 3 trials failed alike" in err
    assert read_search(Path(again["path"]))["ended"] == "failing"
