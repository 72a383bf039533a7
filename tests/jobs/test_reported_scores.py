"""What `train` and `evaluate` tell of a model beside its metrics, and every reading of test."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import TINY

from recsae.activations.settings import ActivationSettings
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.interactions.settings import DataSettings
from recsae.jobs import training
from recsae.jobs.evaluation import evaluate
from recsae.jobs.sources import Source
from recsae.metrics.registry import deep_metrics
from recsae.recommenders.base_choice import BaseChoice
from recsae.report.model_lines import model_lines
from recsae.sae.registry import variant
from recsae.test_reads import reads_of_test

NAME = "SASRec_SAE"
SETTINGS = variant(NAME).Settings.of({"sae_epochs": 2, "sae_lr": 1e-2, "sae_batch_size": 64})


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSAE_CACHE", str(tmp_path_factory.mktemp("scores")))
        yield


@pytest.fixture(scope="module")
def source() -> Source:
    base = {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2}
    return Source(DataSettings(dataset=TINY), BaseChoice.of(base), ActivationSettings())


@pytest.fixture(scope="module")
def base(source: Source) -> dict[str, Any]:
    return training.pretrain(source, device="cpu")


@pytest.fixture(scope="module")
def trained(source: Source, base: dict[str, Any]) -> dict[str, Any]:
    return training.train(NAME, SETTINGS, source, seed=0, device="cpu")


def test_a_base_has_its_groups(base: dict[str, Any]) -> None:
    for split in ("dev", "test"):
        everyone = base["groups"][split]["all"]
        assert everyone["n"] == 80
        metrics = base["metrics"][split]
        for name in ("ndcg@10", "hr@50"):
            assert everyone[name] == pytest.approx(metrics[name], abs=1e-12)
    again = evaluate(Path(base["path"]).name, mask="history", storage=None, device="cpu")
    assert again["groups"] == base["groups"] and again["metrics"] == base["metrics"]


def test_a_model_has_all_measures_differences_and_groups(trained: dict[str, Any]) -> None:
    for split in ("dev", "test"):
        metrics = trained["metrics"][split]
        assert set(metrics) >= deep_metrics()
        for name in ("ndcg@10", "hr@10"):
            difference = trained["difference"][split][name]
            base = trained["base"]["metrics"][split][name]
            assert difference["mean"] == pytest.approx(metrics[name] - base)
            assert difference["low"] <= difference["mean"] <= difference["high"]
        everyone = trained["groups"][split]["all"]
        difference, alone = (
            everyone["difference"]["ndcg@10"],
            trained["difference"][split]["ndcg@10"],
        )
        assert difference["verdict"] == alone["verdict"]
        for name in ("mean", "low", "high"):
            assert difference[name] == pytest.approx(alone[name], abs=1e-12)
        base = trained["base"]["metrics"][split]["ndcg@10"]
        assert everyone["base"]["ndcg@10"] == pytest.approx(base, abs=1e-12)
    stored = json.loads((Path(trained["path"]) / "metrics.json").read_text())
    assert stored["groups"] == trained["groups"] and stored["test"] == trained["metrics"]["test"]
    assert len(model_lines(trained)) < 60


def test_every_reading_of_test_is_counted(
    source: Source, base: dict[str, Any], trained: dict[str, Any]
) -> None:
    model, known = Path(trained["path"]), Path(base["path"])
    before = reads_of_test(model), reads_of_test(known)
    assert before[0] == 1  # of training it
    for mask in ("history", "none"):
        found = evaluate(str(model), mask=mask, storage=None, device="cpu")
        assert found["reproduced"] is (True if mask == "history" else None)
        assert (found["difference"] == trained["difference"]) is (mask == "history")
    saved = training.evaluate_saved(NAME, SETTINGS, source, seed=0, device="cpu")
    assert saved["groups"] == trained["groups"] and saved["reproduced"]
    assert (reads_of_test(model), reads_of_test(known)) == (before[0] + 3, before[1] + 3)


def test_a_saved_model_loads_into_a_new_measurement(
    source: Source, trained: dict[str, Any]
) -> None:
    """The figures of training are of a copy; what is saved is the model itself."""
    ready = source.prepare(Cache.default(), torch.device("cpu"))
    assert not ready.pretrained and not ready.extracted
    again = evaluate(trained["path"], mask="history", storage=None, device="cpu")
    assert again["metrics"] == trained["metrics"]


@pytest.mark.parametrize("mask", ["history", "all", "none"])
def test_new_targets_alone_score_what_their_group_does(
    trained: dict[str, Any], base: dict[str, Any], mask: str
) -> None:
    for path, full in ((trained["path"], trained), (base["path"], base)):
        if mask != "history":
            full = evaluate(path, mask=mask, storage=None, device="cpu")
        found = evaluate(path, mask=mask, targets="new", storage=None, device="cpu")
        assert (
            found["targets"] == "new" and "were met before and left out (dev" in found["protocol"]
        )
        for split in ("dev", "test"):
            new = full["groups"][split]["new"]
            assert 0 < new["n"] < full["groups"][split]["all"]["n"]
            everyone, met = (found["groups"][split][name] for name in ("all", "met"))
            assert (everyone["n"], met["n"]) == (new["n"], 0)
            for name in ("ndcg@10", "hr@50"):
                assert found["metrics"][split][name] == pytest.approx(new[name], abs=1e-12)
    model = evaluate(trained["path"], mask=mask, targets="new", storage=None, device="cpu")
    alone = evaluate(base["path"], mask=mask, targets="new", storage=None, device="cpu")
    assert model["reproduced"] is None and model["base"]["metrics"] == alone["metrics"]


def test_unknown_targets_are_refused(trained: dict[str, Any]) -> None:
    with pytest.raises(RecsaeError, match=r"--targets: expected one of all, new, got 'news' \(did"):
        evaluate(trained["path"], mask="history", targets="news", storage=None, device="cpu")
