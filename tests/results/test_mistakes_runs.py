"""A run whose files somebody has spoilt is told in one line that names the file."""

from pathlib import Path

import pytest

from recsae.errors import RecsaeError
from recsae.results import Files, create, load_results, run_seconds, write_search
from recsae.results.frames import read_frame, write_frame

SEARCH = {"space": {"objectives": {"ndcg@10": "max"}}}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    create(tmp_path / "a", SEARCH)
    return tmp_path / "a"


@pytest.mark.parametrize(
    ("objectives", "expected"),
    [
        ({}, "space.objectives: expected metrics, each max or min"),
        ([], "space.objectives: expected metrics, each max or min"),
        ({"ndcg@10": "mx"}, "space.objectives: expected metrics, each max or min.*mx"),
    ],
)
def test_odd_objectives_are_told(run: Path, objectives: object, expected: str) -> None:
    write_search(run, {"space": {"objectives": objectives}})
    with pytest.raises(RecsaeError, match=f"search.yaml: .*{expected}"):
        load_results(run)


def test_seconds_that_are_no_number_count_as_not_stored(run: Path) -> None:
    write_search(run, {**SEARCH, "seconds": "x"})
    assert run_seconds(load_results(run)) == 0.0


@pytest.mark.parametrize(
    ("file", "column"),
    [(Files.RESULTS, "trial_id"), (Files.RESULTS, "state"), (Files.CURVES, "epoch")],
)
def test_a_missing_column_is_named(run: Path, file: str, column: str) -> None:
    write_frame(run / file, read_frame(run / file).drop(columns=column))
    with pytest.raises(RecsaeError, match=f"{file}: no column '{column}'"):
        load_results(run)


def test_an_unknown_state_is_told(run: Path) -> None:
    frame = read_frame(run / Files.RESULTS)
    frame.loc[0, ["trial_id", "state"]] = [0, "DONE"]
    write_frame(run / Files.RESULTS, frame)
    with pytest.raises(RecsaeError, match=r"column 'state': expected RUNNING, .*got 'DONE'"):
        load_results(run)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_broken_test_figures_are_named(run: Path, content: str) -> None:
    folder = run / Files.BEST / "0"
    folder.mkdir(parents=True)
    (folder / Files.METRICS).write_text(content)
    with pytest.raises(RecsaeError, match=r"metrics\.json: damaged"):
        load_results(run).test_metrics(0)
