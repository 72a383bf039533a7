"""`gpus` on a Ray that claims two GPUs beside its two CPUs: no real one is needed, or used."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ray
from conftest import TINY
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from search.gpu_tasks import endless, full_disk, lost, mistake, words
from search.local_ray import local_ray
from search.toy_spaces import toy_space

from recsae.activations.settings import ActivationSettings
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.jobs import search as jobs
from recsae.jobs import search_start
from recsae.recommenders.base_choice import BaseChoice
from recsae.results import create, load_results
from recsae.search.ray import cluster, reservations
from recsae.search.ray.allocation import allocate, check_capacity
from recsae.search.ray.gpus import memory, tasks
from recsae.search.ray.gpus.memory import WHOLE, measured_requirement
from recsae.search.ray.interrupt import Interrupt, InterruptError
from recsae.search.ray.plan import SearchOutcome
from recsae.search.ray.resources import Allocation, Requirement
from recsae.search.ray.trainable import Work
from recsae.search.ray.tuner import run_search
from recsae.space import SearchSpace

ONE = Allocation(1.0, 1.0)


@pytest.fixture(scope="module", autouse=True)
def two_gpus() -> Iterator[None]:
    with local_ray(2, 2):
        yield


def space(trials: int = 2, **resources: Any) -> SearchSpace:
    search = {"trials": trials, "sampler": "random"}
    return toy_space(epochs=2, search=search, resources=resources)


def required() -> Requirement | None:
    return measured_requirement(space(), WORK, Interrupt(), ONE)


WORK = Work(activations="", models="", objectives={"ndcg@10": "max"})


@contextmanager
def held() -> Iterator[PlacementGroup]:
    """Let somebody else hold both GPUs while the block runs, or until the group is removed."""
    group = placement_group([{"GPU": 2}])
    assert group.wait(60)
    try:
        yield group
    finally:
        remove_placement_group(group)


def no_measure(allocation: Allocation) -> Requirement | None:
    raise AssertionError("measured where it never fits")


def test_a_gpu_without_the_cpus_beside_it_is_not_waited_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    resources = space(cpus=4, gpus="auto").resources
    with pytest.raises(RecsaeError, match="asks for 4 CPUs and 0 GPUs, but a node offers at most"):
        allocate(resources, 2, None, no_measure, own=True)
    assert "no node with a GPU has the 4 CPUs of a trial beside it" in capsys.readouterr().err


def test_gpus_that_torch_cannot_use_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("torch can use a GPU here")
    assert required() is None
    message = f"gpus: auto: torch {torch.__version__} on "
    err = capsys.readouterr().err
    assert err.startswith(message) and err.endswith("cannot use its GPU, so trials run on CPUs\n")


def test_a_measurement_that_fails_is_told_and_costs_a_whole_gpu(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any) -> Any:
        raise OSError("no such disk")

    monkeypatch.setattr(memory, "_measure", fails)
    assert required() == WHOLE
    assert "failed (OSError: no such disk): each takes a whole GPU" in capsys.readouterr().err


def test_held_gpus_are_waited_for_in_turns_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "_measure", lambda *_: (5, 100, ["a note"]))
    monkeypatch.setattr(reservations, "NOTICE_SECONDS", 0.0)
    found: list[Requirement | None] = []
    with held() as group:
        threading.Timer(1.0, remove_placement_group, [group]).start()
        found.append(required())
    assert found == [Requirement(5, 100)]
    message = "for a node with 1 CPUs and 1 GPUs free, to measure what a trial needs (gpus: auto); "
    err = capsys.readouterr().err
    assert f"{message}2 of 2 CPUs and 0 of 2 GPUs are free in all" in err
    assert "gpus: auto: a note\n" in err


def test_a_share_fits_the_smallest_gpu_of_the_cluster(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gib = 2**30
    monkeypatch.setattr(memory, "_measure", lambda *_: (5 * gib, 80 * gib, []))
    monkeypatch.setattr(memory, "_memories", lambda: [])  # no driver tells
    assert required() == Requirement(5 * gib, 80 * gib)
    assert not capsys.readouterr().err
    monkeypatch.setattr(memory, "_memories", lambda: [80 * gib, 24 * gib])
    assert required() == Requirement(5 * gib, 24 * gib)
    assert "gpus: auto: GPUs have 24 to 80 GiB: a trial's share" in capsys.readouterr().err


def test_who_waits_or_measures_obeys_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_measure", lambda *_: time.sleep(300))
    for others in (held, nullcontext):
        interrupt = Interrupt()
        threading.Timer(1.0, setattr, [interrupt, "requested", True]).start()
        with others(), pytest.raises(InterruptError):
            measured_requirement(space(), WORK, interrupt, ONE)
    check_all_free()


def check_all_free() -> None:
    deadline = time.monotonic() + 60
    while ray.available_resources().get("GPU") != 2:  # type: ignore[no-untyped-call]
        assert time.monotonic() < deadline, "a GPU stays held"
        time.sleep(0.1)


def test_a_function_with_a_gpu_to_itself_writes_and_returns_as_if_it_ran_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    count, device = tasks.run("to write", 1, words, 3)
    assert count == 3 and device in ("0", "1")
    assert capsys.readouterr().err == "line 0\nline 1\nline 2\n"


def test_what_goes_wrong_beside_a_gpu_is_told_as_if_it_went_wrong_here() -> None:
    with pytest.raises(RecsaeError, match=r"^too few events$"):
        tasks.run("to fail", 1, mistake, None)
    with pytest.raises(SettingError, match=r"^min_user: too few$") as found:
        tasks.run("to fail", 1, mistake, "min_user")
    assert found.value.key == "min_user"
    with pytest.raises(OSError, match="No space left on device: '/full'") as full:
        tasks.run("to fail", 1, full_disk)
    assert type(full.value) is OSError
    with pytest.raises(RecsaeError, match=r"^the process to fail was lost \("):
        tasks.run("to fail", 1, lost)


def test_a_ctrl_c_ends_what_holds_a_gpu(tmp_path: Path) -> None:
    def stop() -> None:
        while not (tmp_path / "begun").exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=stop, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            tasks.run("to wait", 1, endless, tmp_path / "begun")
    finally:
        signal.signal(signal.SIGINT, before)
    check_all_free()


def forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let each of these functions raise an AssertionError in this process."""

    def called(*_: Any) -> Any:
        raise AssertionError("called here")

    for name in names:
        monkeypatch.setattr(name, called)


def test_a_base_is_trained_where_a_gpu_is_and_not_by_the_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forbid(monkeypatch, "recsae.recommenders.training.next_item.train")
    forbid(monkeypatch, "recsae.activations.store.write_states")
    base = {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 1}
    searched = replace(space(), dataset=TINY, base=BaseChoice.of(base))
    cache = Cache(tmp_path / "cache")
    with pytest.raises(AssertionError, match="called here"):
        search_start.prepare(searched, cache)
    found = search_start.prepare(searched, cache, "a cluster's address")
    assert found.search["pretrained"] and found.activations_path.is_dir()
    again = search_start.prepare(searched, cache)
    assert not again.search["pretrained"] and again.activations_path == found.activations_path
    views = replace(searched, base=BaseChoice.of(base | {"dropout": 0.0}))
    views = replace(views, activations=ActivationSettings(activation_views=1))
    with pytest.raises(SettingError, match="activation_views: the base has no dropout"):
        search_start.prepare(views, cache, "a cluster's address")


def test_what_gpus_gave_is_not_scored_by_the_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, "recsae.jobs.evaluation.score_run")
    run = tmp_path / "run"
    create(run, {"space": space().resolved()})
    cache = Cache(tmp_path / "cache")
    for allocation in (ONE, Allocation(1.0, 0.5)):
        jobs._score_best(run, cache, SearchOutcome(False, None, allocation), jobs.Where())
    with pytest.raises(AssertionError, match="called here"):
        jobs._score_best(run, cache, SearchOutcome(False, None, Allocation(1, 0)), jobs.Where())


def search(tmp_path: Path, kind: str, **resources: Any) -> SearchOutcome:
    searched, run = space(**resources), tmp_path / "run"
    create(run, {"space": searched.resolved()})
    return run_search(searched, tmp_path, run, trial_factory=f"fake_trials:{kind}")


def test_a_search_that_waits_for_a_gpu_can_be_stopped(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with held():
            threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT]).start()
            outcome = search(tmp_path, "FakeTrial", gpus="auto")
    finally:
        signal.signal(signal.SIGINT, before)
    assert outcome.interrupted and load_results(tmp_path / "run").trials.empty


def test_few_trials_spread_over_the_gpus(tmp_path: Path) -> None:
    assert search(tmp_path, "PlacedTrial", gpus=0.1).allocation == ONE
    assert {path.name.split("-")[1] for path in tmp_path.glob("gpu-*")} == {"0", "1"}


@pytest.mark.parametrize(("enough", "state"), [(0.8, "COMPLETE"), (2.0, "FAILED")])
def test_a_trial_whose_gpu_is_full_goes_on_with_twice_the_share(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], enough: float, state: str
) -> None:
    (tmp_path / "enough").write_text(str(enough))
    outcome = search(tmp_path, "OutOfMemoryTrial", trials=3, cpus=0.5, gpus=0.25)
    assert outcome.allocation.gpus == 0.5  # as large as three trials on two GPUs allow
    found = load_results(tmp_path / "run").trials
    assert found["state"].tolist() == [state] * 3
    held: dict[str, list[str]] = {}
    for path in tmp_path.glob("held-*"):
        _, trial, part = path.name.split("-")
        held.setdefault(trial, []).append(part)
    assert [sorted(parts) for parts in held.values()] == [["0.5", "1"]] * 3
    message = "found its GPU's memory full: it goes on with 1 of a GPU"
    assert capsys.readouterr().err.count(message) == 3
    if state == "FAILED":
        full = "OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"
        assert set(found["error"]) == {full}


def test_what_cannot_be_is_refused_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, "recsae.jobs.search.prepare")
    where = jobs.Where(storage=str(tmp_path / "runs"))
    with pytest.raises(RecsaeError, match="asks for 3 CPUs and 1 GPUs, but a node offers at most"):
        jobs.tune(space(cpus=3, gpus=1), where)
    assert not list((tmp_path / "runs").iterdir())
    with pytest.raises(AssertionError, match="called here"):
        jobs.tune(space(cpus=2, gpus=1), where)


def test_a_cluster_is_waited_for_only_if_it_grows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = space(cpus=3, gpus=1).resources
    assert not cluster.autoscales()
    with pytest.raises(RecsaeError, match="asks for 3 CPUs and 1 GPUs"):
        check_capacity(asked, None, own=False)
    monkeypatch.setattr(cluster, "autoscales", lambda: True)
    check_capacity(asked, None, own=False)
    assert not capsys.readouterr().err
    assert allocate(asked, 2, None, no_measure, own=False) == Allocation(3.0, 1.0)
    message = "no node offers 3 CPUs and 1 GPUs yet: the search waits for the cluster to start one"
    assert message in capsys.readouterr().err
    with pytest.raises(RecsaeError, match="asks for 3 CPUs and 1 GPUs"):
        check_capacity(asked, None, own=True)
