"""What a search will take, told without it."""

from pathlib import Path

import pytest
from commands import Recsae
from conftest import TINY

from recsae.jobs.runs import estimate as module
from recsae.jobs.runs.estimate import _Cost, _simulated
from recsae.space import find_space, space_of

VALUES = {
    "model_name": "SASRec_SAE",
    "parameters": {"sae_k": {"int": [2, 16]}, "sae_epochs": 9},
    "objectives": {"ndcg@10": "max"},
    "search": {"trials": 6},
    "scheduler": {"name": "none"},
}


def test_without_a_scheduler_epochs_and_seconds_are_exact() -> None:
    cost = _Cost(epoch=2.0, deep=1.0, model_bytes=0, memory=0)
    epochs, seconds = _simulated(space_of(VALUES), cost, at_once=2)
    # Three trials one after the other on each of two places, costly measures after the last epoch.
    assert epochs == 6 * 9
    assert seconds == pytest.approx(3 * (9 * 2.0 + 1.0), abs=3 * 0.12 + 0.01)


def test_a_scheduler_saves_epochs() -> None:
    asha = {"scheduler": {"name": "asha", "grace_epochs": 1, "reduction_factor": 3}}
    few, _ = _simulated(space_of(VALUES | asha), _Cost(1.0, 0.0, 0, 0), at_once=2)
    assert 9 + 5 <= few < 6 * 9


def test_it_measures_and_leaves_no_run(
    recsae: Recsae, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STEPS", 2)
    space = tmp_path / "space.yaml"
    space.write_text(find_space("smoke.yaml").read_text() + "base: {epochs: 1}\n")
    where = ("--dataset", TINY, "--storage", tmp_path / "runs")
    words = ("tune", space, *where, "--trials", "4", "--dry_run")
    told = recsae(*words, "--workers", "2", "--json").json
    assert not (tmp_path / "runs").exists()
    assert told["trials"] == 4 and told["at_once"] == 2 and 4 <= told["epochs"] <= 16
    assert told["seconds"] > 0 and told["memory"] > 1e8 and told["disk"] > 1e6
    lines = recsae(*words).out
    assert "base cached, states cached" in lines and "4 trials" in lines
    assert "--resume" in recsae("tune", "--resume", "a", "--dry_run").mistake
