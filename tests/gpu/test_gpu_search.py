"""Whole searches on one GPU: shared by measured need, shared as asked, resumed without it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from killed_runs import check_nothing_lost_or_twice, kill_after

from recsae.results import Columns, States, load_results, read_search

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(400)]
RECSAE = [sys.executable, "-m", "recsae"]


def recsae(folder: Path, *words: str, **environment: str) -> dict[str, Any]:
    """Run a command that prints JSON; return it."""
    here = {**os.environ, "RECSAE_STORAGE": str(folder), **environment}
    done = subprocess.run([*RECSAE, *words, "--json"], env=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check_all_ended_well(run: Path, trials: int) -> None:
    found = load_results(run).trials
    assert len(found) == trials
    assert set(found[Columns.STATE]) <= {States.COMPLETE, States.PRUNED}, found[Columns.STATE]


@pytest.mark.parametrize("gpus", ["auto", ".25"])
def test_trials_share_the_gpu(tmp_path: Path, gpus: str) -> None:
    """`auto` packs as many as fit: no trial may meet the end of the memory."""
    trials = 16 if gpus == "auto" else 8
    words = ("smoke.yaml", "--name", "a", "--trials", str(trials), "--gpus", gpus)
    recsae(tmp_path, "tune", *words)
    check_all_ended_well(tmp_path / "a", trials)
    assert read_search(tmp_path / "a")["machine"]["device"] == "cuda"
    assert recsae(tmp_path, "evaluate", "a")["reproduced"] is True


def test_a_search_goes_on_without_its_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while trials are paused; their states open where there is no GPU."""
    monkeypatch.setenv("RECSAE_STORAGE", str(tmp_path))
    run = tmp_path / "k"
    search = ["--trials", "8", "--scheduler", "asha_promote", "--gpus", "auto", "--name", "k"]
    assert kill_after([*RECSAE, "tune", "smoke.yaml", *search], run, 14, 0.0)
    assert list((run / ".checkpoints").glob("*.pt"))
    recsae(tmp_path, "tune", "--resume", "k", CUDA_VISIBLE_DEVICES="")
    check_all_ended_well(run, 8)
    check_nothing_lost_or_twice(run)
    assert read_search(run)["machine"]["device"] == "cpu"


def test_a_model_of_a_gpu_is_scored_again_to_the_last_digit(tmp_path: Path) -> None:
    small = ("--dataset", "synthetic:users=300,items=100", "--epochs", "2", "--sae_epochs", "2")
    trained = recsae(tmp_path, "train", "--model_name", "SASRec_SAE", *small)
    assert trained["machine"]["device"] == "cuda"
    assert recsae(tmp_path, "evaluate", trained["path"])["reproduced"] is True
    elsewhere = recsae(tmp_path, "evaluate", trained["path"], CUDA_VISIBLE_DEVICES="")
    for name in ("ndcg@10", "fvu"):
        theirs, ours = (one["metrics"]["dev"][name] for one in (trained, elsewhere))
        assert ours == pytest.approx(theirs, rel=1e-2)
