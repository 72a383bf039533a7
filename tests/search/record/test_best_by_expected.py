"""The models of a run that selects by expected values: the best's is kept, and all agree on it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsae.results import Results, States, create, load_results, write_curves, write_trials
from recsae.search.record.best_by_expected import KEPT, BestByExpected
from recsae.search.record.best_models import WAITING, BestModels

ONE = {"ndcg@10": "max"}
COUNT = 40
TRUTH = np.random.default_rng(0).uniform(0.12, 0.13, COUNT)
OBSERVED = TRUTH + 0.004 * np.random.default_rng(1).standard_normal(COUNT)


def row(number: int, **others: Any) -> dict[str, Any]:
    """Return the row of a complete trial whose FVU tells its score without its luck."""
    told = {"dev/ndcg@10": OBSERVED[number], "dev/fvu": np.exp(-100 * TRUTH[number])}
    ended = {"state": States.COMPLETE, "epochs": 3, "seconds": 1.0, "started": 0.0, "ended": 1.0}
    about = {"trial_id": number, "model_name": "SASRec_SAE", "node": "host", "error": None}
    return {**about, **told, "dev/l0": 4.0, "dev/leak": False, **ended, **others}


class Run:
    """A run's folder, written as its record writes it."""

    def __init__(self, path: Path, select_by: str = "expected") -> None:
        space = {"model_name": ["SASRec_SAE"], "parameters": {}, "objectives": ONE}
        create(path, {"space": {**space, "search": {"select_by": select_by}}})
        self.path, self.rows = path, list[dict[str, Any]]()
        self.models = self.new_driver()

    def new_driver(self) -> BestByExpected:
        self.models = BestByExpected(self.path, ONE)
        self.models.restore((own, ()) for own in self.rows)
        return self.models

    def finish(self, own: dict[str, Any], model: bool = True) -> None:
        if model:
            (self.path / WAITING / str(own["trial_id"])).mkdir(parents=True)
        self.rows.append(own)
        self.models.add(own)

    def flush(self) -> Results:
        self.models.select(self.rows)
        write_trials(self.path, self.rows)
        write_curves(self.path, [])
        self.models.delete_others()
        return load_results(self.path)


def best(results: Results) -> list[int]:
    return results.best["trial_id"].tolist()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "run")


def test_the_best_is_always_one_whose_model_is_kept(run: Run) -> None:
    for number in range(COUNT):
        run.finish(row(number))
        results = run.flush()
        assert best(results)[0] in results.kept and len(results.kept) <= 2 * KEPT
        assert results.front["trial_id"].tolist() == best(results)
        assert int(OBSERVED[: number + 1].argmax()) in results.kept
        assert run.models.note() == f"best ndcg@10 {OBSERVED[best(results)[0]]:.4f}"
    assert best(results) != [int(OBSERVED.argmax())]
    assert TRUTH[best(results)[0]] > TRUTH[OBSERVED.argmax()]


def test_at_the_end_only_the_best_by_either_stay_and_it_is_the_same_one(run: Run) -> None:
    for number in range(COUNT):
        run.finish(row(number))
    before = best(run.flush())
    run.models.settle(run.rows)
    after = load_results(run.path)
    assert after.kept == {*before, int(OBSERVED.argmax())} and best(after) == before
    # Whoever goes on with it begins with these, and whoever selects by observed values has his.
    run.new_driver()
    run.finish(row(0, trial_id=COUNT, **{"dev/fvu": 1e-9, "dev/ndcg@10": 0.131}))
    assert {COUNT, *before} <= run.flush().kept
    observed = BestModels(run.path, ONE)
    observed.restore((own, ()) for own in run.rows)
    observed.delete_others()
    assert load_results(run.path).kept == {int(OBSERVED.argmax())}


@pytest.mark.parametrize("cut", range(0, COUNT, 7))
def test_a_killed_driver_leaves_what_the_next_one_needs(run: Run, tmp_path: Path, cut: int) -> None:
    whole = Run(tmp_path / "whole")
    for number in range(COUNT):
        run.finish(row(number))
        whole.finish(row(number))
        whole.flush()
        if number == cut:
            run.models.select(run.rows)
            run.new_driver()
        elif number != cut + 1:
            run.flush()
    (run.path / WAITING / "99").mkdir(parents=True)  # of a trial whose last report nobody heard
    run.new_driver()
    assert not (run.path / WAITING).exists()
    results = run.flush()
    assert (results.kept, best(results)) == (load_results(whole.path).kept, best(results))
    assert best(results) == best(load_results(whole.path))


def test_a_leak_and_a_model_that_did_not_arrive_are_never_best(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.finish(row(0, **{"dev/leak": True, "dev/ndcg@10": 0.9}), model=False)
    run.finish(row(1))
    run.finish(row(2, **{"dev/ndcg@10": 0.8}), model=False)
    assert run.flush().kept == {1} and best(run.flush()) == [1]
    assert "the model of trial 2 did not arrive" in capsys.readouterr().err


def test_stopped_trials_teach_which_is_best(run: Run) -> None:
    lucky = int((OBSERVED - TRUTH).argmax())
    sound = int(np.where(OBSERVED[lucky] > OBSERVED, TRUTH, 0.0).argmax())
    for number in range(COUNT):
        if number in (lucky, sound):
            run.finish(row(number))
        else:
            run.rows.append(row(number, state=States.PRUNED))
    assert best(run.flush()) == [sound]


def test_by_observed_and_in_runs_before_it_is_the_best_observed(tmp_path: Path) -> None:
    lucky = int(OBSERVED.argmax())
    for select_by in ("observed", "expected"):
        run = Run(tmp_path / select_by, select_by)
        run.rows = [row(number) for number in range(COUNT)]
        assert best(run.flush()) == [lucky], "no model is kept"
    (run.path / "best" / str(lucky)).mkdir(parents=True)  # as a version before kept it
    assert best(load_results(run.path)) == [lucky]
