"""After which epoch a trial was best."""

from pathlib import Path
from typing import Any

import pytest

from recsae.jobs.results import run_outcome
from recsae.report.answers.chosen_columns import chosen
from recsae.report.summary import summary_lines
from recsae.results import create, load_results, write_curves, write_trials
from recsae.results.summary import best_epoch, best_epochs, summary

VALUES = {0: [0.1, 0.3, 0.2], 1: [0.2, 0.2], 2: [None]}


def run(folder: Path, objective: str, way: str) -> Path:
    space = {"model_name": "SASRec_SAE", "parameters": {"sae_k": 3}, "objectives": {objective: way}}
    path = folder / "a"
    create(path, {"space": space})
    rows: list[dict[str, Any]] = [
        {
            "trial_id": trial,
            "state": "COMPLETE",
            "model_name": "SASRec_SAE",
            "sae_k": 3,
            f"dev/{objective}": values[-1],
            "epochs": len(values),
        }
        for trial, values in VALUES.items()
    ]
    write_trials(path, rows)
    curves = [
        {"trial_id": trial, "epoch": epoch, "seconds": 1.0, f"dev/{objective}": value}
        for trial, values in VALUES.items()
        for epoch, value in enumerate(values, 1)
    ]
    write_curves(path, curves)
    return path


@pytest.mark.parametrize(
    ("objective", "way", "best"), [("ndcg@10", "max", {0: 2, 1: 1}), ("fvu", "min", {0: 1, 1: 1})]
)
def test_the_best_epoch_is_that_of_the_objective(
    objective: str, way: str, best: dict[int, int], tmp_path: Path
) -> None:
    results = load_results(run(tmp_path, objective, way))
    assert best_epochs(results).to_dict() == best
    then = VALUES[0][best[0] - 1]
    assert best_epoch(results, 0) == {"last": 3, "best_epoch": best[0], objective: then}
    assert best_epoch(results, 2) == {}


def test_it_is_a_column_and_a_line(tmp_path: Path) -> None:
    results = load_results(run(tmp_path, "ndcg@10", "max"))
    frame = chosen(results, sort=None, columns=["epochs,best_epoch"], top=None)
    column = frame.set_index("trial_id").best_epoch
    assert column[0] == 2 and column[1] == 1 and column.isna()[2]
    (best,) = summary(results)["best"]
    assert best["trial_id"] in (0, 1) and best["epochs"]["best_epoch"] < best["epochs"]["last"]
    lines = [
        line for line in summary_lines(run_outcome(results.path)) if line.startswith("  epochs")
    ]
    assert lines[0].endswith(", its best") and len(lines) == 1
