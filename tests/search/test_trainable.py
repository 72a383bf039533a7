"""The trial as Ray runs it, driven by hand: failures are reports, processes are used again."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from recsae.results import States
from recsae.search.trainable import SearchTrainable, Work, factory

SETTINGS = {"sae_k": 6, "sae_lr": 0.8, "sae_epochs": 2, "sae_seed": 1}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def config(run_path: Path, kind: str = "FakeTrial", **keys: Any) -> dict[str, Any]:
    work = Work(
        activations=str(run_path),
        models=str(run_path / "models"),
        objectives={"ndcg@10": "max"},
        factory=f"fake_trials:{kind}",
    )
    work_values = {**asdict(work), **keys.pop("work", {})}
    model_name = keys.pop("model_name", "SASRec_SAE")
    settings = {**SETTINGS, **keys}
    return {"trial_id": 4, "model_name": model_name, "settings": settings, "work": work_values}


def running(config: dict[str, Any]) -> SearchTrainable:
    """The trainable as after Ray's own constructor, which wants an actor around it."""
    trainable = SearchTrainable.__new__(SearchTrainable)
    trainable.setup(config)
    return trainable


def test_a_trial_reports_each_epoch_and_saves_its_model_at_the_last(tmp_path: Path) -> None:
    trainable = running(config(tmp_path))
    first = trainable.step()
    assert (first["epochs"], first["state"], first["done"]) == (1, States.RUNNING, False)
    assert first["objective"] == first["metrics"]["ndcg@10"] == pytest.approx(0.4)
    assert not (tmp_path / "models").exists()
    last = trainable.step()
    assert (last["epochs"], last["state"], last["done"]) == (2, States.COMPLETE, True)
    assert (tmp_path / "models" / "4" / "settings.json").read_text() == "0.8"
    assert last["seconds"] >= first["seconds"] > 0


def test_a_leaking_model_is_not_saved(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, model_name="SASRec_SAE_Attention"))
    assert [trainable.step()["state"] for _ in range(2)] == [States.RUNNING, States.COMPLETE]
    assert not (tmp_path / "models").exists()


def test_an_exception_is_the_trials_last_report(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, "FailingTrial", sae_k=7))
    assert trainable.step()["state"] == States.RUNNING
    report = trainable.step()
    assert (report["state"], report["done"], report["epochs"]) == (States.FAILED, True, 1)
    assert report["error"] == "FloatingPointError: the loss is not finite"
    assert "objective" not in report


def test_an_exception_at_the_start_is_reported_too(tmp_path: Path) -> None:
    report = running(config(tmp_path, "FailingTrial", sae_k=4)).step()
    assert (report["state"], report["error"]) == (States.FAILED, "MemoryError: no room for this")


def test_a_process_serves_the_next_trial_after_a_failure(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, "FailingTrial", sae_k=4))
    trainable.step()
    assert trainable.reset_config(config(tmp_path))
    assert [trainable.step()["epochs"] for _ in range(2)] == [1, 2]


def test_an_objective_that_is_missing_fails_the_trial(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, work={"objectives": {"fvu": "min"}}))
    assert trainable.step()["error"] == "ValueError: the objective fvu is None after epoch 1"


def test_a_model_that_cannot_be_saved_fails_the_trial(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file in the way")
    trainable = running(config(tmp_path))
    trainable.step()
    assert trainable.step()["error"].startswith("NotADirectoryError: ")


def test_a_trial_goes_on_from_what_it_saved(tmp_path: Path) -> None:
    trainable = running(config(tmp_path, sae_epochs=4))
    for _ in range(2):
        trainable.step()
    trainable.save_checkpoint(str(tmp_path))
    other = running(config(tmp_path, sae_epochs=4))
    other.load_checkpoint(str(tmp_path))
    assert [other.step()["epochs"] for _ in range(2)] == [3, 4]


def test_a_trial_that_cannot_start_again_says_so_after_it_was_lost(tmp_path: Path) -> None:
    trainable = running(config(tmp_path))
    trainable.step()
    trainable.save_checkpoint(str(tmp_path))
    other = running(config(tmp_path, "FailingTrial", sae_k=4))
    other.load_checkpoint(str(tmp_path))
    assert other.step()["state"] == States.FAILED


def test_only_long_trials_keep_a_state(tmp_path: Path) -> None:
    assert "should_checkpoint" not in running(config(tmp_path)).step()
    assert running(config(tmp_path, work={"checkpoint_seconds": 0})).step()["should_checkpoint"]


def test_a_factory_is_found_by_its_name() -> None:
    assert factory("recsae.search.trainable:Work") is Work
    assert factory("sys:path") is sys.path
