"""The trial as Ray runs it, driven by hand: failures are reports, processes are used again."""

import socket
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch

from recsae.search.engine.reports import Report
from recsae.search.ray.checkpoints import (
    checkpoint_folder,
    delete_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from recsae.search.ray.node_checks import own_versions
from recsae.search.ray.trainable import SearchTrainable, Work, factory

SETTINGS = {"sae_k": 6, "sae_lr": 0.8, "sae_epochs": 2, "sae_seed": 1}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))


def config(run_path: Path, kind: str = "FakeTrial", **keys: Any) -> dict[str, Any]:
    work = Work(
        activations=str(run_path),
        models=str(run_path / "models"),
        checkpoints=str(run_path / "checkpoints"),
        objectives={"ndcg@10": "max"},
        factory=f"fake_trials:{kind}",
    )
    work_values = {**asdict(work), **keys.pop("work", {})}
    model_name = keys.pop("model_name", "SASRec_SAE")
    known = keys.pop("known", 0)
    settings = {**SETTINGS, **keys}
    return {
        "trial_id": 4,
        "model_name": model_name,
        "settings": settings,
        "work": work_values,
        "known_epochs": known,
    }


def running(config: dict[str, Any]) -> SearchTrainable:
    """The trainable as after Ray's own constructor, which wants an actor around it."""
    trainable = SearchTrainable.__new__(SearchTrainable)
    trainable.setup(config)
    return trainable


def step(trainable: SearchTrainable) -> tuple[Report, bool]:
    result = trainable.step()
    return Report.unpacked(result), result["done"]


def test_a_trial_reports_each_epoch_and_saves_its_model_at_the_last(tmp_path: Path) -> None:
    trainable = running(config(tmp_path))
    first, done = step(trainable)
    assert (first.epochs, first.error, done) == (1, None, False)
    assert first.metrics["ndcg@10"] == pytest.approx(0.4)
    assert not (tmp_path / "models").exists()
    last, done = step(trainable)
    assert (last.epochs, last.error, done) == (2, None, True)
    assert (tmp_path / "models" / "4" / "settings.json").read_text() == "0.8"
    assert last.seconds >= first.seconds > 0


def test_a_leaking_model_is_not_saved(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, model_name="SASRec_SAE_Attention"))
    assert [step(trainable)[1] for _ in range(2)] == [False, True]
    assert not (tmp_path / "models").exists()


def test_a_model_of_a_killed_driver_gives_way_to_its_like(tmp_path: Path) -> None:
    (tmp_path / "models" / "4").mkdir(parents=True)
    (tmp_path / "models" / "4" / "half").touch()
    trainable = running(config(tmp_path))
    assert [step(trainable)[1] for _ in range(2)] == [False, True]
    assert [file.name for file in (tmp_path / "models" / "4").iterdir()] == ["settings.json"]


def test_an_exception_is_the_trials_last_report(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, "FailingTrial", sae_k=7))
    step(trainable)
    report, done = step(trainable)
    assert (report.epochs, done) == (1, True)
    assert report.error == "FloatingPointError: the loss is not finite"
    assert report.metrics == {}


def test_an_exception_at_the_start_is_reported_too(tmp_path: Path) -> None:
    report, done = step(running(config(tmp_path, "FailingTrial", sae_k=4)))
    assert (report.error, done) == ("ArithmeticError: no room for this", True)


def test_a_process_serves_the_next_trial_after_a_failure(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, "FailingTrial", sae_k=4))
    trainable.step()
    assert trainable.reset_config(config(tmp_path))
    assert [step(trainable)[0].epochs for _ in range(2)] == [1, 2]


def test_an_objective_that_is_missing_fails_the_trial(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, work={"objectives": {"fvu": "min"}}))
    assert step(trainable)[0].error == "ValueError: the objective fvu is None after epoch 1"


def test_a_model_that_cannot_be_saved_fails_the_trial(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file in the way")
    trainable = running(config(tmp_path))
    trainable.step()
    error = step(trainable)[0].error
    assert error is not None and error.startswith("NotADirectoryError: ")


def paused(tmp_path: Path, kind: str = "FakeTrial") -> None:
    """Train two epochs of four, and keep the state after the second."""
    trainable = running(config(tmp_path, kind, sae_epochs=4, work={"pauses": (2,)}))
    for _ in range(2):
        trainable.step()


def test_a_state_of_a_gpu_is_read_without_one(tmp_path: Path) -> None:
    """The file is that of a CPU, its tensors marked as torch marks those of a GPU."""
    save_checkpoint(tmp_path, 4, {"weights": torch.arange(3.0)})
    file = tmp_path / "4.pt"
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (pickled,) = [name for name in parts if name.endswith("data.pkl")]
    marks = [b"X" + len(place).to_bytes(4, "little") + place for place in (b"cpu", b"cuda:0")]
    assert parts[pickled].count(marks[0]) == 1
    parts[pickled] = parts[pickled].replace(*marks)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="deserialize object on a CUDA device"):
            torch.load(file, weights_only=True)
    found = load_checkpoint(tmp_path, 4)
    assert found is not None and found["weights"].device.type == "cpu"
    assert found["weights"].tolist() == [0, 1, 2]


def test_a_trial_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    paused(tmp_path)
    seconds = load_checkpoint(tmp_path / "checkpoints", 4)["report"][1]  # type: ignore[index]
    other = running(config(tmp_path, sae_epochs=4, known=2))
    reports = [step(other)[0] for _ in range(2)]
    assert [report.epochs for report in reports] == [3, 4]
    assert reports[0].seconds > seconds


def test_an_epoch_that_did_not_arrive_is_reported_again(tmp_path: Path) -> None:
    paused(tmp_path)
    other = running(config(tmp_path, sae_epochs=4, known=1))
    first, done = step(other)
    assert (first.epochs, done) == (2, False)
    assert first.metrics["ndcg@10"] == pytest.approx(0.8 * 0.75)
    assert step(other)[0].epochs == 3


def test_without_a_checkpoint_it_starts_anew(tmp_path: Path) -> None:
    paused(tmp_path)
    delete_checkpoint(tmp_path / "checkpoints", 4)
    delete_checkpoint(tmp_path / "checkpoints", 4)  # what is gone already is fine
    assert step(running(config(tmp_path, sae_epochs=4, known=2)))[0].epochs == 1


def test_a_trial_that_cannot_start_again_says_so(tmp_path: Path) -> None:
    paused(tmp_path)
    other = running(config(tmp_path, "FailingTrial", sae_k=4, known=2))
    assert step(other)[0].error == "ArithmeticError: no room for this"


def test_a_broken_checkpoint_fails_its_trial_alone(tmp_path: Path) -> None:
    paused(tmp_path)
    (tmp_path / "checkpoints" / "4.pt").write_bytes(b"no checkpoint")
    assert step(running(config(tmp_path, sae_epochs=4, known=2)))[0].error is not None


def test_only_long_trials_keep_a_checkpoint_where_none_pauses(tmp_path: Path) -> None:
    running(config(tmp_path)).step()
    assert not (tmp_path / "checkpoints").exists()
    running(config(tmp_path, work={"checkpoint_seconds": 0})).step()
    assert load_checkpoint(tmp_path / "checkpoints", 4) is not None


def test_a_factory_is_found_by_its_name() -> None:
    assert factory("recsae.search.ray.trainable:Work") is Work
    assert factory("sys:path") is sys.path


def test_a_process_with_another_torch_fails_its_trial_and_names_its_node(tmp_path: Path) -> None:
    own = own_versions()
    good, _ = step(running(config(tmp_path, work={"versions": own})))
    assert good.error is None
    bad, done = step(running(config(tmp_path, work={"versions": own | {"recsae": "0.0"}})))
    assert done and bad.error is not None
    assert f"{socket.gethostname()}: recsae {own['recsae']}, not 0.0" in bad.error


@pytest.mark.parametrize("device", ["cuda", "cpu"])
def test_a_full_gpu_is_reported_as_such_and_only_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    def full(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("fake_trials.FakeTrial.step", full)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    report, done = step(running(config(tmp_path, work={"device": device})))
    assert done and report.error == "OutOfMemoryError: CUDA out of memory"
    assert report.out_of_memory is (device == "cuda")


def test_the_checkpoints_of_a_run_of_an_earlier_version_are_taken_up(tmp_path: Path) -> None:
    (tmp_path / ".states").mkdir()
    save_checkpoint(tmp_path / ".states", 4, {"epochs": 3})
    for _ in range(2):
        folder = checkpoint_folder(tmp_path)
        assert folder.name == ".checkpoints" and not (tmp_path / ".states").exists()
        assert load_checkpoint(folder, 4) == {"epochs": 3}
