"""Runs as `runs`, `stop` and `rm` see them: states that are true after a kill."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from commands import Recsae
from filelock import FileLock
from report.made_up_runs import RUNS, SEARCH

from recsae.jobs.runs.drivers import driving
from recsae.results import Files, create, is_running, load_results, write_trials
from recsae.search.ray.interrupt import Interrupt


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a storage with a finished run a, and b, which has trials that run or are paused."""
    monkeypatch.setenv("RECSAE_STORAGE", str(tmp_path))
    create(tmp_path / "a", SEARCH | {"ended": "finished"})
    write_trials(tmp_path / "a", RUNS["mixed"])
    create(tmp_path / "b", SEARCH)
    write_trials(tmp_path / "b", RUNS["paused"])
    return tmp_path


def listed(recsae: Recsae) -> dict[str, dict[str, Any]]:
    return {run["run"]: run for run in recsae("runs", "--json").json["runs"]}


def test_runs_tell_state_trials_and_best(recsae: Recsae, storage: Path) -> None:
    found = listed(recsae)
    assert found["a"]["state"] == "finished" and found["a"]["best"] == {"ndcg@10": 0.11}
    assert found["a"]["trials"] == {"COMPLETE": 3, "PRUNED": 1, "FAILED": 1}
    assert found["b"]["state"] == "stopped" and found["b"]["age"] >= 0
    out = recsae("runs").out
    assert "finished" in out and "ndcg@10 0.1100" in out and "1 of 64" in out


def test_a_trial_runs_as_long_as_its_driver_lives(recsae: Recsae, storage: Path) -> None:
    def states() -> list[str]:
        return list(load_results(storage / "b").trials["state"])

    assert states() == ["PAUSED", "COMPLETE", "PAUSED"]
    with driving(storage / "b"):
        assert states() == ["PAUSED", "COMPLETE", "RUNNING"]
        assert listed(recsae)["b"]["state"] == "running"
        assert "a search runs in it" in recsae("rm", "b", "--yes").mistake
    assert states() == ["PAUSED", "COMPLETE", "PAUSED"]


def test_a_driver_that_is_killed_runs_no_more(storage: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from recsae.jobs.runs.drivers import driving\n"
        "with driving(Path(sys.argv[1])): print('there', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(storage / "b")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as driver:
        assert driver.stdout is not None and driver.stdout.readline()
        assert is_running(storage / "b")
        driver.send_signal(signal.SIGKILL)
    assert not is_running(storage / "b")


def test_a_run_of_an_older_recsae_is_known_by_its_journal(storage: Path) -> None:
    (storage / "b" / "journal").mkdir()
    with FileLock(storage / "b" / "journal" / "lock"):
        assert is_running(storage / "b")
    assert not is_running(storage / "b")


def test_stop_asks_a_running_search_and_waits_for_it(recsae: Recsae, storage: Path) -> None:
    interrupt, begun = Interrupt(storage / "b" / Files.STOP), threading.Event()

    def search() -> None:
        with driving(storage / "b"):
            begun.set()
            while not interrupt.requested:
                interrupt.look()
                time.sleep(0.01)

    driver = threading.Thread(target=search)
    driver.start()
    begun.wait()
    done = recsae("stop", "b", "--json").json
    driver.join()
    assert done["stopped"] and done["resume"] == "recsae tune --resume b"
    assert not (storage / "b" / Files.STOP).exists(), "the next driver would stop at once"
    assert "nobody searches in it" in recsae("stop", "b").mistake


def test_a_driver_that_does_not_listen_is_told(recsae: Recsae, storage: Path) -> None:
    with driving(storage / "b"):
        assert "asked to stop" in recsae("stop", "b", "--wait", "0").out
    assert not (storage / "b" / Files.STOP).exists()


def test_rm_asks_and_deletes(
    recsae: Recsae, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert recsae("rm", "a").mistake == "recsae: nothing is deleted\n"
    assert (storage / "a").is_dir()
    done = recsae("rm", "a", "--yes", "--json").json
    assert done["run"] == "a" and done["bytes"] > 0
    assert [path.name for path in storage.iterdir()] == ["b"]
    assert "no run 'a'" in recsae("rm", "a", "--yes").mistake


def test_a_broken_run_is_listed_as_such(recsae: Recsae, storage: Path) -> None:
    (storage / "a" / Files.RESULTS).write_bytes(b"no")
    found = listed(recsae)
    assert found["a"]["state"] == "broken" and "results.parquet" in found["a"]["error"]
    assert "broken" in recsae("runs").out
