"""The record of a run: one row a trial, one an epoch, on disk in time; fed here without a Ray."""

import io
import pickle
from pathlib import Path
from typing import Any

import pytest
from ray.exceptions import RayActorError
from rich.console import Console
from rich.progress import Progress

from recsae.progress import Meter
from recsae.results import Results, States, create, load_results
from recsae.search.keeper import WAITING, Keeper
from recsae.search.recorder import Recorder, RunRecord, why_given_up
from recsae.search.reports import epoch_report, failure_report
from recsae.search.tensorboard import TensorBoard

OBJECTIVES = {"ndcg@10": "max"}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run_path(tmp_path: Path) -> Path:
    create(tmp_path / "run", {"space": {"objectives": OBJECTIVES}})
    return tmp_path / "run"


@pytest.fixture
def record(run_path: Path, clock: Clock) -> RunRecord:
    board = TensorBoard(run_path / "tensorboard")
    return RunRecord(run_path, Keeper(run_path, OBJECTIVES), board, clock)


def start(record: RunRecord, trial_id: int) -> None:
    record.start(trial_id, "SASRec_SAE", {"sae_k": 5 + trial_id, "sae_lr": 0.01})


def report(record: RunRecord, trial_id: int, epoch: int, value: float, done: bool = False) -> None:
    metrics = {"ndcg@10": value, "leak": False, "train/loss": 1 / epoch}
    record.report(trial_id, epoch_report(epoch, epoch * 2.0, metrics, OBJECTIVES, done), "host")


def written(record: RunRecord, run_path: Path) -> Results:
    record.flush()
    return load_results(run_path)


def test_a_trial_is_a_row_from_its_start_to_its_end(record: RunRecord, run_path: Path) -> None:
    start(record, 0)
    row = written(record, run_path).trials.iloc[0]
    assert (row["state"], row["epochs"], row["sae_k"]) == (States.RUNNING, 0, 5)
    report(record, 0, 1, 0.1)
    report(record, 0, 2, 0.2, done=True)
    record.end(0, States.COMPLETE)
    row = written(record, run_path).trials.iloc[0]
    assert row["state"] == States.COMPLETE
    assert (row["epochs"], row["seconds"], row["node"]) == (2, 4.0, "host")
    assert row["dev/ndcg@10"] == 0.2
    assert row["model_name"] == "SASRec_SAE"
    assert row["started"] <= row["ended"]
    assert record.ended == 1


def test_the_loss_is_in_the_curves_only(record: RunRecord, run_path: Path) -> None:
    start(record, 0)
    report(record, 0, 1, 0.1)
    results = written(record, run_path)
    assert "train/loss" not in results.trials
    assert results.curves["train/loss"].tolist() == [1.0]


def test_a_failure_keeps_what_was_known_before(record: RunRecord, run_path: Path) -> None:
    start(record, 0)
    report(record, 0, 1, 0.1)
    record.report(0, failure_report(1, 2.5, "ValueError: no"), "host")
    record.end(0, States.FAILED, "ValueError: no")
    results = written(record, run_path)
    row = results.trials.iloc[0]
    assert (row["state"], row["error"], row["dev/ndcg@10"]) == ("FAILED", "ValueError: no", 0.1)
    assert results.curves["epoch"].tolist() == [1]


def test_a_lost_trial_that_starts_anew_leaves_one_curve(record: RunRecord, run_path: Path) -> None:
    start(record, 0)
    for epoch in (1, 2, 3, 4):
        report(record, 0, epoch, 0.1)
    start(record, 0)
    for epoch in (1, 2):
        report(record, 0, epoch, 0.2)
    results = written(record, run_path)
    assert results.curves[["epoch", "dev/ndcg@10"]].values.tolist() == [[1, 0.2], [2, 0.2]]
    assert results.trials["epochs"].tolist() == [2]


def test_a_lost_trial_that_goes_on_repeats_an_epoch_once(record: RunRecord, run_path: Path) -> None:
    start(record, 0)
    for epoch in (1, 2, 3, 3, 4):
        report(record, 0, epoch, epoch / 10)
    assert written(record, run_path).curves["epoch"].tolist() == [1, 2, 3, 4]


def test_what_is_new_is_written_soon_but_not_all_the_time(
    record: RunRecord, run_path: Path, clock: Clock
) -> None:
    def on_disk() -> int:
        record.flush_if_due()
        return len(load_results(run_path).trials)

    start(record, 0)
    assert on_disk() == 1
    start(record, 1)
    assert on_disk() == 1
    clock.now = 1.0
    assert on_disk() == 2


def test_a_slow_disk_is_written_less_often(
    record: RunRecord, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushes = []

    def slow(path: Path, rows: list[Any]) -> None:
        flushes.append(clock.now)
        clock.now += 0.5

    monkeypatch.setattr("recsae.search.recorder.write_trials", slow)
    for second in range(30):
        clock.now = max(clock.now, second)
        start(record, second)
        record.flush_if_due()
    assert flushes == [0.0, 11.0, 22.0]


def test_without_news_nothing_is_written(
    record: RunRecord, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(record, 0)
    record.flush_if_due()
    clock.now = 100.0
    monkeypatch.setattr("recsae.search.recorder.write_trials", None)  # to call it would raise
    record.flush_if_due()


def test_what_still_runs_at_the_end_has_failed(record: RunRecord, run_path: Path) -> None:
    for trial_id in (0, 1):
        start(record, trial_id)
        report(record, trial_id, 1, 0.1)
    record.end(0, States.PRUNED)
    record.close("interrupted")
    trials = load_results(run_path).trials
    assert trials["state"].tolist() == [States.PRUNED, States.FAILED]
    assert trials["error"].fillna("").tolist() == ["", "interrupted"]
    assert trials["dev/ndcg@10"].tolist() == [0.1, 0.1]


def test_the_record_keeps_the_best_model_and_says_so(record: RunRecord, run_path: Path) -> None:
    for trial_id, value in enumerate([0.2, 0.3, 0.1]):
        start(record, trial_id)
        (run_path / WAITING / str(trial_id)).mkdir(parents=True)
        report(record, trial_id, 1, value, done=True)
        record.end(trial_id, States.COMPLETE)
    record.flush()
    assert [path.name for path in (run_path / "best").iterdir()] == ["1"]
    assert record.note() == "best ndcg@10 0.3000"


def test_tensorboard_gets_a_folder_a_trial(record: RunRecord, run_path: Path) -> None:
    start(record, 7)
    report(record, 7, 1, 0.1)
    record.end(7, States.PRUNED)
    assert [path.name for path in (run_path / "tensorboard").iterdir()] == ["trial_00007"]


def test_tune_can_pickle_a_recorder_with_a_progress_bar(record: RunRecord) -> None:
    with Progress(console=Console(file=io.StringIO())) as bar:
        recorder = Recorder(record, Meter("search", 3, bar))
        assert isinstance(pickle.loads(pickle.dumps(recorder)), Recorder)  # noqa: S301
        recorder.on_step_end(iteration=1, trials=[])


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (None, "lost 4 times: its process or its node died"),
        (RayActorError(), "lost 4 times: its process or its node died"),
        (OSError("disk\nfull"), "OSError: disk full"),
        (
            RayActorError(error_msg="error in its creation task\n...\nNo module named recsae\n"),
            "its process cannot start: No module named recsae",
        ),
    ],
)
def test_why_a_lost_trial_was_given_up_is_one_line(error: Exception | None, text: str) -> None:
    assert why_given_up(error, 4) == text
