"""A run in optuna-dashboard, without that: the study follows the run."""

import threading
from pathlib import Path

import optuna
import pytest
from commands import Recsae
from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from report.made_up_runs import SEARCH, trial

from recsae.jobs.runs.dashboard import follow
from recsae.results import Files, create, load_results, write_curves, write_trials
from recsae.search.optuna_views.export import frozen_trials
from recsae.search.optuna_views.following import GrowingStudy

POINTS = [{"trial_id": 1, "epoch": n, "dev/ndcg@10": n / 10} for n in (1, 2)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    create(tmp_path / "run", SEARCH)
    write_trials(tmp_path / "run", [trial(0, "COMPLETE"), trial(1, "RUNNING")])
    write_curves(tmp_path / "run", POINTS[:1])
    return tmp_path / "run"


def opened(file: Path) -> JournalStorage:
    return JournalStorage(JournalFileBackend(str(file)))


def end(run: Path) -> None:
    """Let the second trial end, and a third one fail."""
    write_curves(run, POINTS)
    write_trials(run, [trial(0, "COMPLETE"), trial(1, "COMPLETE"), trial(2, "FAILED", error="x")])


def test_a_reader_that_is_there_already_sees_what_is_new(run: Path, tmp_path: Path) -> None:
    growing = GrowingStudy(load_results(run), tmp_path / "study.log")
    study = optuna.load_study(study_name="run", storage=opened(tmp_path / "study.log"))
    states = [one.state for one in study.trials]
    assert states == [TrialState.COMPLETE, TrialState.RUNNING]
    assert study.trials[1].intermediate_values == {1: 0.1}
    end(run)
    growing.take(load_results(run))
    growing.take(load_results(run))  # nothing new
    wanted = frozen_trials(load_results(run))
    assert len(study.trials) == 3
    for found, one in zip(study.trials, wanted, strict=True):
        assert (found.state, found.values, found.params) == (one.state, one.values, one.params)
        assert found.intermediate_values == one.intermediate_values
        assert found.user_attrs == one.user_attrs


def test_it_follows_until_the_run_has_ended(run: Path, tmp_path: Path) -> None:
    driver, file = FileLock(run / Files.DRIVER), tmp_path / "study.log"
    with driver:
        words = (run, file, 0.05, threading.Event())
        follower = threading.Thread(target=follow, args=words)
        follower.start()
        end(run)
    follower.join(20)
    assert not follower.is_alive()
    study = optuna.load_study(
        study_name="run", storage=JournalStorage(JournalFileBackend(str(file)))
    )
    assert [one.state.name for one in study.trials] == ["COMPLETE", "COMPLETE", "FAIL"]


def test_where_it_is_not_installed_a_line_says_how(
    recsae: Recsae, run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert "pip install optuna-dashboard" in recsae("dashboard", run).mistake
