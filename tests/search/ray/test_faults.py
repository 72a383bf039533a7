"""Faults of the machine: tried again, then the run pauses, and no trial has FAILED for them."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from search.engine.strategies import director
from search.local_ray import local_ray
from search.toy_spaces import toy_space

from recsae.errors import DISK, HANDLES, MEMORY, PROCESS, PausedError, machine_fault
from recsae.jobs.runs.pauses import LEAST_MEGABYTES, paused_by_faults
from recsae.results import Results, States, create, load_results
from recsae.search.engine.budgets import Budget
from recsae.search.journal.journal import Journal
from recsae.search.ray.faults import RETRIES, Faults, fit
from recsae.search.ray.interrupt import Interrupt
from recsae.search.ray.tuner import run_search

SPACE = toy_space("none", 3, {"trials": 3})


@pytest.fixture(scope="module", autouse=True)
def two_cpus() -> Iterator[None]:
    with local_ray(2):
        yield


def search(tmp_path: Path, kind: str = "FaultyMachineTrial") -> Results:
    run = tmp_path / "run"
    if not run.exists():
        create(run, {"space": SPACE.resolved()})
    run_search(SPACE, tmp_path, run, trial_factory=f"fake_trials:{kind}", workers=1)
    return load_results(run)


@pytest.mark.parametrize(
    ("name", "fault", "words"),
    [
        ("full", DISK, "No space left on device"),
        ("killed", PROCESS, "lost 4 times: its process or its node died"),
        pytest.param("terminated", PROCESS, "trial 0: ", marks=pytest.mark.slow),
        pytest.param("handles", HANDLES, "Too many open files", marks=pytest.mark.slow),
        pytest.param("memory", MEMORY, "MemoryError: no room", marks=pytest.mark.slow),
    ],
)
def test_a_fault_pauses_the_run_which_goes_on_without_it(
    tmp_path: Path, name: str, fault: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fault").write_text(name)
    with pytest.raises(PausedError, match=words) as paused:
        search(tmp_path)
    assert paused.value.fault == fault
    trials = load_results(tmp_path / "run").trials
    assert trials["state"].tolist() == [States.PAUSED]
    assert "died" not in "".join(capfd.readouterr())  # as Ray would tell it
    (tmp_path / "fault").unlink()
    trials = search(tmp_path).trials
    assert trials["state"].tolist() == [States.COMPLETE] * 3 and trials["error"].isna().all()


@pytest.mark.parametrize(
    ("fault", "before", "others", "state"),
    [
        (DISK, 1, 3, States.RUNNING),
        (HANDLES, 1, 3, States.RUNNING),
        (PROCESS, 0, 3, States.RUNNING),
        (PROCESS, 1, 0, States.FAILED),
        (MEMORY, 0, 0, States.RUNNING),
        (MEMORY, 0, 3, States.FAILED),
        (MEMORY, 1, 0, States.FAILED),
    ],
)
def test_what_may_be_the_trials_own_doing_fails_it_once_that_is_likely(
    fault: str, before: int, others: int, state: States
) -> None:
    """`before`: pauses under earlier drivers; `others`: epochs of another trial meanwhile."""
    led, interrupt = director(budget=Budget(2)), Interrupt()
    led.next(), led.next()
    for _ in range(before):
        led.fault(0, "earlier")
    met = Faults(led, interrupt)
    for _ in range(RETRIES):
        met.met(0, fault, "why")
        assert not interrupt.requested
    for epoch in range(others):
        led.report(1, epoch + 1, 1.0, {"ndcg@10": 0.5})
    met.met(0, fault, "why")
    assert led.history.trials[0].state == state
    assert interrupt.requested == (state == States.RUNNING)
    assert (interrupt.cause is None) == (state == States.FAILED)


def test_faults_count_anew_after_an_epoch() -> None:
    led, interrupt = director(budget=Budget(1)), Interrupt()
    led.next()
    met = Faults(led, interrupt)
    for epoch in range(1, 3):
        for _ in range(RETRIES):
            met.met(0, DISK, "why")
        led.report(0, epoch, 1.0, {"ndcg@10": 0.5})
    assert not interrupt.requested


def test_a_disk_that_is_full_for_the_journal_pauses_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Journal.append

    def full(self: Journal, event: dict[str, Any]) -> None:
        if event["kind"] == "reported":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "journal")
        append(self, event)

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(PausedError) as paused, paused_by_faults(tmp_path / "run"):
        search(tmp_path, "FakeTrial")
    assert str(paused.value) == (
        "journal: No space left on device: run is paused, nothing is lost: "
        f"free {LEAST_MEGABYTES} MB, then recsae tune --resume run"
    )
    monkeypatch.undo()
    assert search(tmp_path, "FakeTrial").trials["state"].tolist() == [States.COMPLETE] * 3


@pytest.mark.parametrize("message", ["Tracked actor is not managed by this", "another"])
def test_rays_own_error_pauses_the_run(message: str) -> None:
    class Broken:
        def fit(self) -> None:
            raise ValueError(message)

    expected = PausedError if message.startswith("Tracked") else ValueError
    with pytest.raises(expected):
        fit(Broken())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OSError(errno.ENOSPC, "full"), DISK),
        (RuntimeError("unable to write: No space left on device (28)"), DISK),
        (OSError(errno.EMFILE, "too many"), HANDLES),
        (MemoryError(), MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 4 bytes"), MEMORY),
        (FileNotFoundError(errno.ENOENT, "gone"), ""),
        (ValueError("nan"), ""),
    ],
)
def test_which_errors_are_the_machines(error: Exception, fault: str) -> None:
    assert machine_fault(error) == fault
