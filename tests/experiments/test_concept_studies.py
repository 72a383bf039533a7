"""The two studies of concepts: what is drawn, chosen and told; nothing is trained twice."""

import argparse
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from concepts.trainings import Training, Trainings, cell, drawn, over_seeds
from conftest import TINY
from scripts import experiment

from recsae.activations.store import Activations
from recsae.space import load_space


def test_an_interval_over_seeds_is_that_of_student() -> None:
    found = over_seeds([1.0, 2.0, 3.0, math.nan])
    assert found.mean == 2 and found.high - 2 == pytest.approx(4.3027 / math.sqrt(3), abs=1e-3)
    assert cell(found, 1) == "2.0 [-0.5, 4.5]" and cell(over_seeds([0.25])) == "0.250"
    assert cell(over_seeds([])) == "–"


def test_draws_differ_by_seed_alone() -> None:
    space = load_space("interpretable.yaml")
    assert drawn(space, 3, seed=1) == drawn(space, 5, seed=1)[:3] != drawn(space, 3, seed=2)


def test_a_training_is_kept(activations: Activations, tmp_path: Path) -> None:
    calls = []

    def measure(model: Any) -> dict[str, Any]:
        calls.append(model)
        return {"own": 1.0}

    what = Training("SASRec_SAE", {"sae_epochs": 1, "sae_k": 2})
    first = Trainings(activations, tmp_path, measure)(what, 1, ["purity"])
    again = Trainings(activations, tmp_path, measure)(what, 1, ["purity"])
    assert len(calls) == 1 and first == again and {"own", "purity", "ndcg@10"} <= set(first)
    Trainings(activations, tmp_path, measure)(what, 2, ["purity"])
    assert len(calls) == 2


def test_each_measure_is_judged_by_what_its_choice_recovers() -> None:
    script = experiment("which_objective_recovers")
    trials = [dict.fromkeys(script.MEASURES, 0.5) | {"recovered": value} for value in (0.2, 0.6)]
    trials[1] |= {"fvu": 0.1, "ndcg@10": 0.1, "concept_auc": math.nan}
    found = script.judged(trials)
    assert found["fvu"] == (0.6, pytest.approx(1.0)) and found["ndcg@10"][0] == 0.2
    assert found["concept_auc"] == (0.2, pytest.approx(-1.0))  # what has no value is never chosen
    assert found["chosen by lot"] == (pytest.approx(0.4), 0.0)
    assert found["the best there is"] == (0.6, 1.0) and found["alive"] == (0.2, 0.0)


@pytest.fixture(scope="module")
def meaning() -> ModuleType:
    return experiment("what_latents_mean")


def test_what_latents_mean_tells_lines_and_controls(
    meaning: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = argparse.Namespace(datasets=[TINY], trials=2, seeds=2, out=tmp_path)
    meaning.run(options)
    text = (tmp_path / "tables.md").read_text()
    assert capsys.readouterr().out == text
    for label in ("original", "best by ndcg@10", "best by concept_auc", *meaning.CONTROLS.values()):
        assert f"| {label} |" in text
    found = json.loads((tmp_path / "found.json").read_text())[TINY]
    assert all(len(line["seeds"]) == 2 for line in found.values())
    own = found["best by concept_auc"]
    assert found["random dictionary, trained encoder"]["settings"] == own["settings"]
