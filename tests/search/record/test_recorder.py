"""The record of a run: one row a trial, one an epoch, on disk in time; fed here without a Ray."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from recsae.results import Files, Results, States, create, load_results
from recsae.search.engine import events
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial, StartTrial, Step
from recsae.search.record.best_models import WAITING, BestModels
from recsae.search.record.recorder import RunRecord
from recsae.search.record.tensorboard import TensorBoard
from recsae.testing.driver import MemoryJournal

OBJECTIVES = {"ndcg@10": "max"}
EPOCHS = 3


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Toy:
    """New trials as long as there may be any; judges by the value of the report."""

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        paused = [t.trial_id for t in history if t.state == States.PAUSED]
        if not may_ask:
            return ResumeTrial(paused[0]) if paused else None
        settings = {"sae_k": 5 + trial_id, "sae_lr": 0.01}
        return StartTrial("SASRec_SAE", {"sae_k": 5 + trial_id}, settings, EPOCHS)

    def judge(self, history: History, trial: Trial) -> Decision:
        value = trial.reports[-1].metrics["ndcg@10"] or 0.0
        if value < 0.1:
            return Decision.STOP
        return Decision.PAUSE if value < 0.2 else Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None: ...


class Run:
    """A record that listens to a director; trials report when a test says so."""

    def __init__(self, path: Path, clock: Clock, past: Iterable[Event] = ()) -> None:
        self.path, self.clock, self.events = path, clock, MemoryJournal(past)
        self.record = RunRecord(
            path, BestModels(path, OBJECTIVES), TensorBoard(path / "tensorboard"), clock
        )
        self.director = Director(
            Toy(),
            History(OBJECTIVES),
            Budget(trials=6),
            journal=self.events,
            listeners=[self.record.on_event],
            clock=clock,
        )
        with self.record.replaying():
            self.director.replay(past)

    def start(self) -> int:
        started = self.director.next()
        assert started is not None
        return started.trial_id

    def report(self, trial_id: int, value: float, *, after: int | None = None) -> None:
        trial = self.director.history.trials[trial_id]
        epochs = trial.epochs + 1 if after is None else after
        if epochs == trial.max_epochs:
            (self.path / WAITING / str(trial_id)).mkdir(parents=True, exist_ok=True)
        metrics = {"ndcg@10": value, "leak": False, "train/loss": 1 / epochs}
        self.clock.now += 0.125
        self.director.report(trial_id, epochs, epochs * 2.0, metrics, "host")

    def complete(self, value: float) -> int:
        trial_id = self.start()
        for _ in range(EPOCHS):
            self.report(trial_id, value)
        return trial_id

    def written(self) -> Results:
        self.record.flush()
        with FileLock(self.path / Files.DRIVER):  # as a driver holds it: else nothing runs
            return load_results(self.path)


def new_folder(path: Path) -> Path:
    create(path, {"space": {"objectives": OBJECTIVES}})
    return path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(tmp_path: Path, clock: Clock) -> Run:
    return Run(new_folder(tmp_path / "run"), clock)


def test_a_trial_is_a_row_from_its_start_to_its_end(run: Run, clock: Clock) -> None:
    clock.now = 100.0
    run.start()
    row = run.written().trials.iloc[0]
    assert (row["state"], row["epochs"], row["sae_k"]) == (States.RUNNING, 0, 5)
    assert pd.isna(row["ended"]) and pd.isna(row["error"])
    for value in (0.2, 0.3, 0.4):
        run.report(0, value)
    row = run.written().trials.iloc[0]
    assert (row["state"], row["model_name"]) == (States.COMPLETE, "SASRec_SAE")
    assert (row["epochs"], row["seconds"], row["node"]) == (3, 6.0, "host")
    assert row["dev/ndcg@10"] == 0.4
    assert (row["started"].timestamp(), row["ended"].timestamp()) == (100.0, 100.375)
    assert run.record.ended == 1


def test_the_loss_is_in_the_curves_only(run: Run) -> None:
    run.start()
    run.report(0, 0.2)
    results = run.written()
    assert "train/loss" not in results.trials
    assert results.curves["train/loss"].tolist() == [1.0]


def test_a_failure_keeps_what_was_known_before(run: Run) -> None:
    run.start()
    run.report(0, 0.2)
    run.director.fail(0, "ValueError: no")
    results = run.written()
    row = results.trials.iloc[0]
    assert (row["state"], row["error"], row["dev/ndcg@10"]) == ("FAILED", "ValueError: no", 0.2)
    assert results.curves["epoch"].tolist() == [1]
    assert run.record.ended == 1


def test_what_was_measured_at_a_rung_alone_stays_in_the_row(run: Run) -> None:
    run.start()
    run.director.report(0, 1, 1.0, {"ndcg@10": 0.3, "leak": False, "deep": 7.0}, "host")
    run.director.report(0, 2, 2.0, {"ndcg@10": 0.4, "leak": False}, "host")
    results = run.written()
    row = results.trials.iloc[0]
    assert (row["dev/ndcg@10"], row["dev/deep"]) == (0.4, 7.0)
    assert results.curves["dev/deep"].fillna(-1).tolist() == [7.0, -1]


def test_a_lost_trial_repeats_an_epoch_once(run: Run) -> None:
    run.start()
    for epoch in (1, 2, 1, 2, 3):
        run.report(0, 0.2 + epoch / 10, after=epoch)
    assert run.written().curves["epoch"].tolist() == [1, 2, 3]


def test_a_paused_trial_is_shown_as_such_and_goes_on(run: Run) -> None:
    for _ in range(6):
        run.start()
    run.report(3, 0.15)
    row = run.written().trials.iloc[3]
    assert row["state"] == States.PAUSED and pd.isna(row["ended"])
    assert run.record.ended == 0
    assert run.start() == 3
    assert run.written().trials["state"].eq(States.RUNNING).all()


def test_what_is_new_is_written_soon_but_not_all_the_time(run: Run, clock: Clock) -> None:
    for now, rows in ((0.0, 1), (0.0, 1), (1.0, 3)):
        run.start()
        clock.now = now
        run.record.flush_if_due()
        assert len(load_results(run.path).trials) == rows


def test_a_slow_disk_is_written_less_often(
    run: Run, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushes = []

    def slow(path: Path, rows: list[Any]) -> None:
        flushes.append(clock.now)
        clock.now += 0.5

    monkeypatch.setattr("recsae.search.record.recorder.write_trials", slow)
    run.director.budget.trials = 30
    for second in range(30):
        clock.now = max(clock.now, second)
        run.start()
        run.record.flush_if_due()
    assert flushes == [0.0, 11.0, 22.0]


def test_without_news_nothing_is_written(
    run: Run, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.start()
    run.record.flush_if_due()
    clock.now = 100.0
    # To call it would raise.
    monkeypatch.setattr("recsae.search.record.recorder.write_trials", None)
    run.record.flush_if_due()


@pytest.mark.parametrize("left", [States.PRUNED, States.PAUSED])
def test_what_has_not_ended_is_shown_as_its_search_leaves_it(run: Run, left: States) -> None:
    for value in (0.05, 0.15, 0.3):
        run.report(run.start(), value)
    run.record.close(left)
    trials = load_results(run.path).trials
    assert trials["state"].tolist() == [States.PRUNED, left, left]
    assert trials["ended"].notna().tolist() == [True, *[left == States.PRUNED] * 2]
    assert trials["error"].isna().all()
    assert trials["dev/ndcg@10"].tolist() == [0.05, 0.15, 0.3]


def test_the_record_keeps_the_best_model_and_says_so(run: Run) -> None:
    for value in (0.2, 0.3, 0.25):
        run.complete(value)
    assert run.record.note() == ""
    run.record.flush()
    assert [path.name for path in (run.path / "best").iterdir()] == ["1"]
    assert run.record.note() == "best ndcg@10 0.3000"


def test_the_best_model_is_there_before_the_rows_that_name_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.complete(0.2)
    run.record.flush()
    run.complete(0.3)

    def killed(path: Path, rows: list[Any]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("recsae.search.record.recorder.write_curves", killed)
    with pytest.raises(KeyboardInterrupt):
        run.record.flush()
    assert sorted(path.name for path in (run.path / "best").iterdir()) == ["0", "1"]


def test_tensorboard_gets_a_folder_a_trial(run: Run) -> None:
    run.start()
    run.report(0, 0.05)
    assert [path.name for path in (run.path / "tensorboard").iterdir()] == ["trial_00000"]


ACTIONS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.05, 0.15, 0.3, 0.4])))


@settings(max_examples=25)
@given(ACTIONS)
def test_a_replay_rebuilds_rows_and_curves(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[int, float]]
) -> None:
    path = tmp_path_factory.mktemp("replay")
    run = Run(new_folder(path / "one"), Clock())
    for number, value in actions:
        if value == 0.4 and run.director.next() is not None:
            continue
        if number < len(run.director.history):
            run.report(number, value)
    before = run.written()

    new_folder(path / "two")
    again = Run(path / "two", Clock(), run.events)
    assert not (path / "two" / "tensorboard").exists()
    assert again.record.ended == run.record.ended
    after = again.written()
    pd.testing.assert_frame_equal(before.trials, after.trials)
    pd.testing.assert_frame_equal(before.curves, after.curves)


def test_a_replay_finishes_what_a_kill_left_of_the_models(run: Run, clock: Clock) -> None:
    run.complete(0.2)
    run.record.flush()
    run.complete(0.3)
    run.complete(0.25)  # killed here: nothing moved, nothing written since the flush
    again = Run(run.path, clock, run.events)
    again.record.flush()
    assert [path.name for path in (run.path / "best").iterdir()] == ["1"]
    assert not (run.path / WAITING).exists()
    assert again.record.note() == "best ndcg@10 0.3000"


def test_begun_is_nothing_to_a_record(run: Run, clock: Clock) -> None:
    past = [{"kind": events.BEGUN, "at": 0.0}]
    assert Run(run.path, clock, past).written().trials.empty
