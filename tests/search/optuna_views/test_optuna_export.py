"""A run as Optuna reads it."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from search.past_runs import make_run

from recsae.results import load_results, write_trials
from recsae.search.optuna_views.export import dashboard_command, export

GOLDEN = Path(__file__).parents[2] / "golden" / "run_v1"
STATES = ("COMPLETE", "PRUNED", "FAILED", "RUNNING", "PAUSED")


def loaded(path: Path, name: str) -> optuna.Study:
    return optuna.load_study(study_name=name, storage=JournalStorage(JournalFileBackend(str(path))))


def test_all_that_a_run_knows_is_there(tmp_path: Path) -> None:
    results, drawn = make_run(tmp_path / "mine", 10, states=STATES)
    path = export(results)
    assert path == tmp_path / "mine" / "optuna.log"
    study = loaded(path, "mine")
    assert study.metric_names == ["ndcg@10"] and study.direction.name == "MAXIMIZE"
    names = ["COMPLETE", "PRUNED", "FAIL", "RUNNING", "RUNNING"]
    assert [trial.state.name for trial in study.trials] == names * 2
    for trial, one in zip(study.trials, drawn, strict=True):
        assert trial.params == {**one, "sae_lr": pytest.approx(one["sae_lr"])}
        assert trial.user_attrs["trial_id"] == trial.number
        assert trial.user_attrs["sae_seed"] == 5
    complete, pruned, failed = study.trials[:3]
    curve = results.curves[results.curves["trial_id"] == 0]
    assert complete.intermediate_values == dict(
        zip(curve["epoch"], curve["dev/ndcg@10"], strict=True)
    )
    assert complete.value == curve["dev/ndcg@10"].iloc[-1] and len(pruned.intermediate_values) == 1
    assert complete.user_attrs["dev/l0"] == drawn[0]["sae_k"]
    assert failed.user_attrs["error"] == "ValueError: boo" and failed.values is None
    assert complete.duration is not None and complete.duration.total_seconds() == 9


def test_the_best_of_the_golden_run_is_optunas_best(tmp_path: Path) -> None:
    golden = load_results(GOLDEN)
    study = loaded(export(golden, tmp_path / "x.log"), "run_v1")
    assert study.best_trial.number == golden.best["trial_id"].iloc[0]
    assert len(study.trials) == len(golden.trials)


def test_several_objectives_have_their_front(tmp_path: Path) -> None:
    two = {"objectives": {"ndcg@10": "max", "l0": "min"}}
    results, _ = make_run(tmp_path / "two", 30, states=("COMPLETE", "PRUNED"), **two)
    study = loaded(export(results), "two")
    assert [way.name for way in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert {t.number for t in study.best_trials} == set(results.best["trial_id"])


def test_what_leaks_or_breaks_a_limit_is_infeasible(tmp_path: Path) -> None:
    results, drawn = make_run(tmp_path / "a", 12, constraints={"l0": "<= 8", "odd": ">= 1"})
    rows = [{**row, "dev/leak": row["trial_id"] == 0} for row in results.trials.to_dict("records")]
    write_trials(results.path, rows)
    trials = loaded(export(load_results(results.path)), "a").trials
    assert [t.constraints["leak"] for t in trials] == [1.0, *[0.0] * 11]
    assert [t.constraints["l0"] <= 0 for t in trials] == [d["sae_k"] <= 8 for d in drawn]
    assert all(t.constraints["odd"] > 0 for t in trials)


def test_a_complete_trial_without_a_figure_has_failed(tmp_path: Path) -> None:
    results, _ = make_run(tmp_path / "a", 1)
    results.trials["dev/ndcg@10"] = None
    assert loaded(export(results), "a").trials[0].state == TrialState.FAIL


@pytest.mark.parametrize("trials", [0, 1])
def test_a_small_run_exports_too(tmp_path: Path, trials: int) -> None:
    results, _ = make_run(tmp_path / "a", trials)
    assert len(loaded(export(results), "a").trials) == trials


def test_a_new_export_takes_the_place_of_the_old(tmp_path: Path) -> None:
    results, _ = make_run(tmp_path / "a", 4)
    assert len(loaded(export(results), "a").trials) == 4
    assert len(loaded(export(results), "a").trials) == 4
    assert [p.name for p in results.path.glob("*optuna*")] == ["optuna.log"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/runs/a/optuna.log", "optuna-dashboard /runs/a/optuna.log"), ("/my runs/a", "'/my runs/a'")],
)
def test_the_command_can_be_pasted(path: Any, expected: str) -> None:
    assert dashboard_command(Path(path)).endswith(expected)
