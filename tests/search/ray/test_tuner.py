"""Searches on a real Ray of two CPUs, over trials that train nothing."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from search.local_ray import local_ray
from search.toy_spaces import toy_space

from recsae.errors import RecsaeError
from recsae.results import Results, States, create, load_results
from recsae.search.engine.budgets import OUT_OF_TIME
from recsae.search.engine.failures import EQUAL_FAILURES
from recsae.search.ray import plan
from recsae.search.ray.plan import SearchOutcome
from recsae.search.ray.trainable import Work
from recsae.search.ray.tuner import run_search
from recsae.space import SearchSpace

HERE = Path(__file__).parent


@pytest.fixture(scope="module", autouse=True)
def two_cpus() -> Iterator[None]:
    with local_ray(2):
        yield


def space(trials: int = 6, scheduler: str = "none", epochs: int = 3, **keys: Any) -> SearchSpace:
    return toy_space(scheduler, epochs, {"trials": trials, **keys.pop("search", {})}, **keys)


def search(
    tmp_path: Path, space: SearchSpace, kind: str, name: str = "run", **keys: Any
) -> tuple[SearchOutcome, Results]:
    create(tmp_path / name, {"space": space.resolved()})
    return go_on(tmp_path, space, kind, name, **keys)


LEFT = {"search.yaml", "results.parquet", "curves.parquet", "tensorboard", "best", "journal"}
"""What a search may leave in its folder."""


def go_on(
    tmp_path: Path, space: SearchSpace, kind: str, name: str = "run", **keys: Any
) -> tuple[SearchOutcome, Results]:
    """Search in a folder, from where an earlier driver left it if there was one."""
    run_path = tmp_path / name
    if not run_path.exists():
        create(run_path, {"space": space.resolved()})
    outcome = run_search(space, tmp_path, run_path, trial_factory=f"fake_trials:{kind}", **keys)
    left = {path.name for path in run_path.iterdir()}
    if not outcome.interrupted:
        assert left <= LEFT, "a search leaves nothing of its own behind"
    return outcome, load_results(run_path)


def test_failing_trials_are_rows_and_the_search_goes_on(tmp_path: Path) -> None:
    outcome, results = search(tmp_path, space(12), "FailingTrial")
    assert not outcome.interrupted
    trials = results.trials
    assert trials["trial_id"].tolist() == list(range(12))
    assert set(trials["state"]) == {States.COMPLETE, States.FAILED}
    failed = trials[trials["state"] == States.FAILED]
    assert set(failed["error"]) <= {
        "FloatingPointError: the loss is not finite",
        "ArithmeticError: no room for this",
    }
    assert (failed["sae_k"] % 2 == (failed["sae_k"] != 4)).all()
    complete = trials[trials["state"] == States.COMPLETE]
    assert complete["epochs"].eq(3).all() and complete["error"].isna().all()
    best = complete.loc[complete["dev/ndcg@10"].idxmax()]
    assert [path.name for path in (results.path / "best").iterdir()] == [str(best["trial_id"])]
    saved = results.path / "best" / str(best["trial_id"]) / "settings.json"
    assert float(saved.read_text()) == best["sae_lr"]


def test_a_search_that_only_fails_ends_and_goes_on_once_it_is_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome, results = search(tmp_path, space(9), "HopelessTrial", workers=1)
    assert outcome.over == "the first 3 trials failed alike" and not outcome.interrupted
    assert outcome.failure is not None and outcome.failure in capsys.readouterr().err
    assert results.trials["state"].tolist() == [States.FAILED] * EQUAL_FAILURES
    (tmp_path / "mended").touch()
    outcome, results = go_on(tmp_path, space(9), "HopelessTrial", workers=1)
    assert outcome.over is None and outcome.failure is None
    assert results.trials["state"].tolist()[EQUAL_FAILURES:] == [States.COMPLETE] * 6


def test_one_worker_searches_the_same_way_twice(tmp_path: Path) -> None:
    runs = [
        search(tmp_path, space(14, "asha"), "FakeTrial", name, workers=1)[1].trials
        for name in ("one", "two")
    ]
    same = ["trial_id", "state", "sae_k", "sae_lr", "sae_seed", "epochs", "dev/ndcg@10"]
    assert runs[0][same].equals(runs[1][same])
    states = runs[0]["state"].value_counts()
    assert states[States.PRUNED] + states[States.COMPLETE] == 14
    pruned = runs[0][runs[0]["state"] == States.PRUNED]
    assert pruned["epochs"].lt(3).all() and pruned["dev/ndcg@10"].notna().all()


def test_several_objectives_leave_the_front(tmp_path: Path) -> None:
    objectives = {"ndcg@10": "max", "l0": "min"}
    _, results = search(tmp_path, space(8, objectives=objectives), "FakeTrial")
    assert results.trials["state"].eq(States.COMPLETE).all()
    names = {int(path.name) for path in (results.path / "best").iterdir()}
    assert names == set(results.best["trial_id"])
    assert len(names) > 1


def test_results_can_be_read_while_the_search_runs(tmp_path: Path) -> None:
    seen, over = [], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            if (tmp_path / "run").exists():
                trials = load_results(tmp_path / "run").trials
                seen.append((len(trials), bool(trials["state"].eq(States.RUNNING).any())))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        search(tmp_path, space(2), "SlowTrial")
    finally:
        over.set()
        watcher.join()
    assert (0, False) in seen
    assert (2, True) in seen


@pytest.mark.parametrize(("seconds", "steps"), [(0.0, [1, 2, 2, 3]), (60.0, [1, 2, 1, 2, 3])])
def test_a_lost_process_costs_no_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, steps: list[int]
) -> None:
    monkeypatch.setattr(plan, "Work", partial(Work, checkpoint_seconds=seconds))
    _, results = search(tmp_path, space(1), "DyingTrial")
    assert [int(line) for line in (tmp_path / "steps").read_text().split()] == steps
    assert results.trials[["state", "epochs"]].values.tolist() == [[States.COMPLETE, 3]]
    assert results.curves["epoch"].tolist() == [1, 2, 3]


def test_the_time_budget_ends_the_search_with_an_answer(tmp_path: Path) -> None:
    budget = {"trials": 50, "max_hours": 4 / 3600}
    outcome, results = search(tmp_path, space(search=budget, epochs=9), "SlowTrial")
    assert outcome.over == OUT_OF_TIME and not outcome.interrupted
    assert sorted(results.trials["state"]) == [States.COMPLETE, States.PRUNED]
    assert results.trials["error"].isna().all()
    assert len(results.best) == 1 and (results.path / "best").exists()


@pytest.mark.parametrize("scheduler", ["asha", "asha_promote", "one_epoch", "hyperband", "median"])
def test_every_scheduler_ends_with_an_answer(tmp_path: Path, scheduler: str) -> None:
    _, results = search(tmp_path, space(9, scheduler, epochs=9), "FakeTrial")
    states = results.trials["state"].value_counts()
    assert states.sum() == 9 and set(states.index) <= {States.COMPLETE, States.PRUNED}
    assert states[States.COMPLETE] >= 1 and len(results.best) == 1
    assert (
        results.curves.groupby("trial_id")["epoch"]
        .max()
        .eq(results.trials.set_index("trial_id")["epochs"])
        .all()
    )


def test_a_search_that_has_finished_stays_as_it_is(tmp_path: Path) -> None:
    _, first = search(tmp_path, space(4, "asha"), "FakeTrial", workers=1)
    _, second = go_on(tmp_path, space(4, "asha"), "MortalTrial", workers=1)
    assert first.trials.equals(second.trials) and first.curves.equals(second.curves)


def test_more_trials_go_on_where_the_fewer_ended(tmp_path: Path) -> None:
    search(tmp_path, space(5, "asha_promote"), "FakeTrial", "short", workers=1)
    _, extended = go_on(tmp_path, space(9, "asha_promote"), "FakeTrial", "short", workers=1)
    assert extended.trials["trial_id"].tolist() == list(range(9))
    assert (extended.trials["state"] == States.COMPLETE).any()


def test_resources_that_nobody_has_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match="asks for 64 CPUs and 0 GPUs"):
        search(tmp_path, space(resources={"cpus": 64.0}), "FakeTrial")


@pytest.mark.parametrize(
    "send",
    [
        # As a terminal does: every process hears it.
        lambda pid: os.killpg(pid, signal.SIGINT),
        pytest.param(lambda pid: os.kill(pid, signal.SIGTERM), marks=pytest.mark.slow),
    ],
    ids=["ctrl-c", "sigterm"],
)
def test_ctrl_c_and_sigterm_keep_what_there_is(tmp_path: Path, send: Callable[[int], None]) -> None:
    code = (
        "import test_tuner as t, pathlib\n"
        f"outcome, results = t.search(pathlib.Path({str(tmp_path)!r}), t.space(50), 'SlowTrial')\n"
        "print(outcome.interrupted)"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    mark = tmp_path / "begun"
    while not mark.exists():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)  # it must not end by itself
    send(process.pid)
    out, err = process.communicate(timeout=100)
    assert out == "True\n"
    ray, stopping = err.splitlines()
    assert ray == "starting Ray on this machine"
    resume = f"recsae tune --resume run --storage {tmp_path}"
    words = f"nothing is lost, {resume} goes on (Ctrl-C again to stop at once)"
    assert stopping == f"stopping: {words}"
    trials = load_results(tmp_path / "run").trials
    assert len(trials) in (1, 2)
    assert trials["state"].eq(States.PAUSED).all() and trials["error"].isna().all()
