"""Which models stay on disk while a search runs: always those of the best trials so far."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsae.results import States, best_rows
from recsae.results.frames import trials_frame
from recsae.search.record.best_models import WAITING, BestModels

ONE = {"ndcg@10": "max"}
TWO = {"ndcg@10": "max", "l0": "min"}


def row(trial_id: int, ndcg: float, l0: float = 1.0, leak: bool = False) -> dict[str, Any]:
    return {
        "trial_id": trial_id,
        "state": States.COMPLETE,
        "model_name": "SASRec_SAE",
        "dev/ndcg@10": ndcg,
        "dev/l0": l0,
        "dev/leak": leak,
        "epochs": 1,
    }


def finish(best: BestModels, run_path: Path, done: dict[str, Any]) -> None:
    (run_path / WAITING / str(done["trial_id"])).mkdir(parents=True)
    best.add(done)
    best.select()
    best.delete_others()


def kept(run_path: Path) -> list[int]:
    return sorted(int(path.name) for path in (run_path / "best").iterdir())


def test_the_best_so_far_stays_and_the_beaten_go(tmp_path: Path) -> None:
    best = BestModels(tmp_path, ONE)
    history = []
    for trial_id, value in enumerate([0.2, 0.1, 0.3, 0.3]):
        finish(best, tmp_path, row(trial_id, value))
        history.append(kept(tmp_path))
    assert history == [[0], [0], [2], [2]]
    assert list((tmp_path / WAITING).iterdir()) == []


def test_a_beaten_model_stays_until_the_rows_are_written(tmp_path: Path) -> None:
    best = BestModels(tmp_path, ONE)
    finish(best, tmp_path, row(0, 0.1))
    (tmp_path / WAITING / "1").mkdir()
    best.add(row(1, 0.2))
    assert kept(tmp_path) == [0]
    best.select()
    assert kept(tmp_path) == [0, 1]
    best.delete_others()
    assert kept(tmp_path) == [1]


def test_a_leak_is_never_best(tmp_path: Path) -> None:
    best = BestModels(tmp_path, ONE)
    best.add(row(0, 0.9, leak=True))  # its model was not even saved
    finish(best, tmp_path, row(1, 0.1))
    assert kept(tmp_path) == [1]
    assert best.note() == "best ndcg@10 0.1000"


def test_several_objectives_keep_the_front(tmp_path: Path) -> None:
    best = BestModels(tmp_path, TWO)
    assert best.note() == ""
    for trial_id, (ndcg, l0) in enumerate([(0.2, 4), (0.3, 8), (0.1, 9), (0.3, 4)]):
        finish(best, tmp_path, row(trial_id, ndcg, l0))
    assert kept(tmp_path) == [3]
    finish(best, tmp_path, row(4, 0.1, 2))
    assert kept(tmp_path) == [3, 4]
    assert best.note() == "2 on the front"


def test_a_trial_that_breaks_a_constraint_is_not_kept(tmp_path: Path) -> None:
    best = BestModels(tmp_path, ONE, {"l0": "<= 4"})
    finish(best, tmp_path, row(0, 0.1, l0=4))
    finish(best, tmp_path, row(1, 0.2, l0=5))
    assert kept(tmp_path) == [0]


def waiting(run_path: Path) -> list[int]:
    return sorted(int(path.name) for path in (run_path / WAITING).glob("*"))


@pytest.mark.parametrize("moved", [True, False])
@pytest.mark.parametrize("tidied", [True, False])
def test_they_are_right_wherever_the_one_before_was_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], moved: bool, tidied: bool
) -> None:
    rows = [row(0, 0.1), row(1, 0.3), row(2, 0.2)]
    before = BestModels(tmp_path, ONE)
    finish(before, tmp_path, rows[0])
    for done in rows[1:]:
        (tmp_path / WAITING / str(done["trial_id"])).mkdir()
        before.add(done)
    if moved:
        before.select()
    if tidied:
        before.delete_others()
    (tmp_path / WAITING / "3").mkdir()  # of a trial whose last report nobody heard
    best = BestModels(tmp_path, ONE)
    best.restore((done, ()) for done in rows)
    assert 1 in kept(tmp_path) and waiting(tmp_path) == []
    best.delete_others()
    assert kept(tmp_path) == [1]
    assert best.note() == "best ndcg@10 0.3000"
    assert capsys.readouterr().err == ""


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_judging_one_by_one_is_judging_all_at_once(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[int, int]]
) -> None:
    for objectives in (ONE, TWO):
        path = tmp_path_factory.mktemp("run")
        best = BestModels(path, objectives)
        rows = [row(n, ndcg, l0) for n, (ndcg, l0) in enumerate(values)]
        for done in rows:
            finish(best, path, done)
        assert kept(path) == sorted(best_rows(trials_frame(rows), objectives)["trial_id"])


def test_a_model_that_did_not_arrive_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    best = BestModels(tmp_path, ONE)
    best.add(row(3, 0.5))
    best.select()
    assert "the model of trial 3 did not arrive" in capsys.readouterr().err


def test_a_trial_stays_for_one_point_of_its_ladder(tmp_path: Path) -> None:
    best = BestModels(tmp_path, TWO)
    rungs = [{"trial_id": 1, "k": k, "dev/ndcg@10": k / 10, "dev/l0": k} for k in (1, 4)]
    for done, ladder in ((row(0, 0.5, 4), []), (row(1, 0.4, 4), rungs)):
        (tmp_path / WAITING / str(done["trial_id"])).mkdir(parents=True)
        best.add(done, ladder)
    best.select()
    assert kept(tmp_path) == [0, 1] and best.note() == "2 on the front"
    finish(best, tmp_path, row(2, 0.6, 1))
    assert kept(tmp_path) == [2] and best.note() == "1 on the front"
