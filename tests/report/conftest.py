"""Runs to report on."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report.made_up_runs import SEARCH

from recsae.results import create, load_results, write_curves, write_trials

GOLDEN = Path(__file__).parents[1] / "golden" / "run_v1"


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a run of `rows`, with two epochs for each that has figures."""

    def make(
        rows: list[dict[str, Any]],
        objectives: dict[str, str] | None = None,
        constraints: dict[str, str] | None = None,
        name: str = "run",
    ) -> Path:
        search = copy.deepcopy(SEARCH)
        if objectives:
            search["space"]["objectives"] = objectives
        if constraints:
            search["space"]["constraints"] = constraints
        create(tmp_path / name, search)
        write_trials(tmp_path / name, rows)
        measured = load_results(tmp_path / name).trials.to_dict("records")
        write_curves(
            tmp_path / name,
            [
                {
                    "trial_id": row["trial_id"],
                    "epoch": epoch,
                    "dev/ndcg@10": row["dev/ndcg@10"] * epoch / 2,
                    "dev/fvu": 1 / epoch,
                }
                for row in measured
                for epoch in range(1, row["epochs"] + 1)
            ],
        )
        return tmp_path / name

    return make


@pytest.fixture
def golden_run() -> Path:
    """Return the golden run's folder, which nobody writes to."""
    return GOLDEN
