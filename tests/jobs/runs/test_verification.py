"""A reviewer's check: a run as its search left it is sound, and any flipped byte is named."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search.engine.strategies import EPOCHS, Scripted
from search.toy_spaces import toy_space

from recsae.files import write_json
from recsae.jobs.verification import run
from recsae.jobs.verification.run import Check, file_checks, verify
from recsae.jobs.verification.seal import seal
from recsae.results import Files, States, create, load_results
from recsae.results.frames import write_frame
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.history import History
from recsae.search.engine.strategy import Decision
from recsae.search.journal.journal import Journal
from recsae.search.record.best_models import WAITING, BestModels
from recsae.search.record.recorder import RunRecord
from recsae.search.record.tensorboard import TensorBoard
from recsae.test_reads import count_test_read

SPACE = toy_space("none", EPOCHS, {"trials": 3})


def searched(path: Path) -> None:
    """Leave what a search of three trials leaves, in which nothing was trained."""
    create(path, {"space": SPACE.resolved()})
    best, board = BestModels(path, {"ndcg@10": "max"}), TensorBoard(path / Files.TENSORBOARD)
    record = RunRecord(path, best, board)
    with Journal.open(path) as journal:
        journal.append({"kind": "begun", "at": time.time()})
        history = History({"ndcg@10": "max"})
        strategy = Scripted({(1, 2): Decision.STOP})
        led = Director(strategy, history, Budget(3), journal=journal, listeners=[record.on_event])
        while (run := led.next()) is not None:
            trial = history.trials[run.trial_id]
            while trial.state == States.RUNNING:
                epochs = trial.epochs + 1
                write_json(path / WAITING / str(run.trial_id) / "settings.json", {"k": epochs})
                metrics = {"ndcg@10": 0.1 * epochs + 0.01 * run.trial_id, "leak": False}
                led.report(run.trial_id, epochs, 1.5 * epochs, metrics, "here")
    record.close(States.PRUNED)
    shutil.rmtree(path / WAITING)
    count_test_read(path)
    count_test_read(path / Files.BEST / "2")
    seal(path)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "a"
    searched(path)
    return path


def wrong(path: Path) -> list[Check]:
    return [check for check in file_checks(path) if check.sound is False]


def test_a_clean_run_is_sound_also_elsewhere(clean: Path, tmp_path: Path) -> None:
    shutil.copytree(clean, tmp_path / "moved")
    for path in (clean, tmp_path / "moved"):
        found = list(file_checks(path))
        assert [check.sound for check in found] == [True] * 4, found
    outcome = verify(str(clean), storage=str(tmp_path), score=False)
    assert outcome["sound"] and outcome["head"] in outcome["checks"][0]["says"]
    assert "a 1, best/2 1" in outcome["checks"][3]["says"]


COUNTED = (*(Files.RESULTS, Files.CURVES, Files.SEARCH), "best/2/settings.json")
COUNTED += ("journal/000001.jsonl", "journal/000002.jsonl")
COUNTED += ("test_reads.json", "best/2/test_reads.json")


def test_a_flipped_byte_of_a_frames_own_description_is_named(clean: Path, tmp_path: Path) -> None:
    shutil.copytree(clean, tmp_path / "a")
    file = tmp_path / "a" / Files.RESULTS
    content = file.read_bytes()
    assert content.count(b"numpy_type")
    file.write_bytes(content.replace(b"numpy_type", b"numpx_type"))
    assert "results.parquet" in "; ".join(check.says for check in wrong(tmp_path / "a"))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_flipped_byte_is_named(
    clean: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(COUNTED))
    content = bytearray((clean / name).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("flipped") / "a"
    shutil.copytree(clean, path)
    (path / name).write_bytes(content)
    found = wrong(path)
    words = "; ".join(check.says for check in found)
    assert name.rpartition("/")[2] in words, words


def without_a_trial(path: Path) -> None:
    trials = load_results(path).trials
    write_frame(path / Files.RESULTS, trials[trials["trial_id"] != 1])


def with_an_edited_score(path: Path) -> None:
    trials = load_results(path).trials
    trials.loc[trials["trial_id"] == 1, "dev/ndcg@10"] = 0.9
    write_frame(path / Files.RESULTS, trials)


def with_another_trial(path: Path) -> None:
    trials = load_results(path).trials
    more = trials.iloc[[0]].assign(trial_id=7)
    write_frame(path / Files.RESULTS, pd.concat([trials, more]))


def without_a_line_of_the_journal(path: Path) -> None:
    file = path / "journal" / "000001.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-2] + lines[-1:]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_a_trial, "results.parquet: trial 1 is missing"),
        (with_an_edited_score, "results.parquet: trial 1: dev/ndcg@10: 0.9, but the journal says "),
        (with_another_trial, "results.parquet: trial 7 is not in the journal"),
        (without_a_line_of_the_journal, "000001.jsonl:"),
        (lambda path: shutil.rmtree(path / "best"), "best/2/settings.json: missing"),
        (lambda path: (path / "best" / "x").touch(), "best/x: was not there"),
        (lambda path: (path / Files.SEARCH).unlink(), "it has no search.yaml"),
        (lambda path: (path / "journal" / "000001.jsonl").unlink(), "000001.jsonl: missing"),
    ],
)
def test_what_somebody_changed_is_named(
    clean: Path, tmp_path: Path, change: Callable[[Path], Any], words: str
) -> None:
    shutil.copytree(clean, tmp_path / "a")
    change(tmp_path / "a")
    assert words in "; ".join(check.says for check in wrong(tmp_path / "a"))


def test_a_run_without_a_journal_has_no_chain(clean: Path, tmp_path: Path) -> None:
    shutil.copytree(clean, tmp_path / "a")
    shutil.rmtree(tmp_path / "a" / "journal")
    found = {check.name: check for check in file_checks(tmp_path / "a")}
    assert found["journal"].sound is None and "no chain" in found["journal"].says
    assert not wrong(tmp_path / "a")


@pytest.mark.parametrize(
    ("stored", "now", "close"),
    [(0.5, 0.5, True), (0.5, 0.50001, True), (0.5, 0.51, False), (None, float("nan"), True)],
)
def test_another_machine_may_differ_in_the_last_digits(
    stored: float | None, now: float, close: bool
) -> None:
    assert run._close(stored, now) == close
