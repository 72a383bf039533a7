"""Made-up runs in a folder of the test's own."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report.made_up_runs import RUNS, SEARCH

from recsae.results import Results, create, load_results, write_curves, write_trials


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Results]:
    """Return a function that writes a run of rows, with one report each, and reads it."""

    def made(name: str, rows: list[dict[str, Any]] = RUNS["mixed"], **change: Any) -> Results:
        search = copy.deepcopy(SEARCH)
        search["space"] |= change.pop("space", {})
        create(tmp_path / name, search | change)
        write_trials(tmp_path / name, rows)
        points = [{"trial_id": r["trial_id"], "epoch": 1, "dev/ndcg@10": 0.1} for r in rows]
        write_curves(tmp_path / name, points)
        return load_results(tmp_path / name)

    return made
