"""A trial: an epoch a step on stored activations, resumable, scored on dev alone."""

import math
from pathlib import Path

import pytest
import torch
from conftest import TINY
from made_states import prepare

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import SettingError
from recsae.interactions.settings import DataSettings
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae import files
from recsae.sae.registry import variants
from recsae.sae.training import SAETrainer
from recsae.trial import Evaluator, SAETrial, run_trial

BASE = SASRecSettings(emb_size=16, num_layers=1, num_heads=2, epochs=2)
METRICS = {"ndcg@10", "hr@10", "share", "fvu", "fvu_code", "leak", "l0", "k_filled", "dead"}


@pytest.fixture(scope="module")
def activations(tmp_path_factory: pytest.TempPathFactory) -> Activations:
    cache = Cache(tmp_path_factory.mktemp("cache"))
    data = DataSettings(dataset=TINY)
    return prepare(data, BASE, ActivationSettings(), cache, torch.device("cpu")).activations


def make(activations: Activations, name: str = "SASRec_SAE", **settings: object) -> SAETrial:
    kind = variants()[name].Settings
    small = {"sae_lr": 1e-2, "sae_epochs": 3, "sae_batch_size": 64}
    values = {key: value for key, value in small.items() if key in kind.model_fields}
    return SAETrial(name, kind.of(values | settings), activations)


@pytest.mark.parametrize("name", list(variants()))
def test_each_variant_reports_the_measures(activations: Activations, name: str) -> None:
    metrics = make(activations, name).step()
    assert set(metrics) >= METRICS
    assert 0 <= metrics["ndcg@10"] <= metrics["hr@10"] <= 1
    assert any(key.startswith("train/") for key in metrics)


def test_a_trial_runs_to_its_budget_and_learns(activations: Activations) -> None:
    seen: list[tuple[int, float]] = []
    trial = make(activations, sae_epochs=5)
    last = run_trial(trial, lambda epoch, metrics: seen.append((epoch, metrics["fvu"])))
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 4, 5]
    assert trial.done
    assert last["fvu"] == seen[-1][1] < seen[0][1]


def test_paused_and_resumed_equals_uninterrupted(activations: Activations) -> None:
    name = "SASRec_SAE_Contrastive"
    whole = make(activations, name)
    expected = [whole.step() for _ in range(3)]
    first = make(activations, name)
    assert first.step() == expected[0]
    state = first.state_dict()
    first.step()  # what comes after the pause must not reach into the state
    torch.manual_seed(99)  # nor may what happens elsewhere in the process
    resumed = make(activations, name)
    resumed.load_state_dict(state)
    assert resumed.epochs == 1
    assert [resumed.step() for _ in range(2)] == expected[1:]


def test_the_saved_model_scores_the_same(activations: Activations, tmp_path: Path) -> None:
    trial = make(activations)
    metrics = run_trial(trial, lambda epoch, metrics: None)
    trial.save(tmp_path / "model", note="x")
    model, about = files.load(tmp_path / "model")
    again = Evaluator(activations, "dev")(model)
    assert again == {name: metrics[name] for name in again}
    assert about["note"] == "x" and about["activations"] == activations.fingerprint
    assert about["epochs"] == 3 and about["machine"]["threads"] >= 1


def test_the_base_is_scored_as_when_its_states_were_stored(activations: Activations) -> None:
    evaluator = Evaluator(activations, "dev")
    stored = activations.meta["base"]["metrics"]["dev"]
    assert evaluator.base == {name: stored[name] for name in evaluator.base}


def test_published_attention_is_found_to_leak_and_code_is_not(activations: Activations) -> None:
    name = "SASRec_SAE_Attention"
    leaks = {
        mode: run_trial(
            make(activations, name, sae_k=1, sae_attn_mode=mode, sae_attn_heads=2),
            lambda epoch, metrics: None,
        )["leak_share"]
        for mode in ("published", "code")
    }
    assert leaks["published"] > 1e-6
    assert leaks["code"] == 0.0


@pytest.mark.parametrize("settings", [{"sae_k": 33}, {"sae_k": 17, "sae_scale_size": 1}])
def test_more_active_latents_than_there_are_is_refused(
    activations: Activations, settings: dict[str, int]
) -> None:
    with pytest.raises(SettingError, match="sae_k: expected at most"):
        make(activations, **settings)


def test_a_trial_reads_states_stored_in_half_precision(tmp_path: Path) -> None:
    store = ActivationSettings(activation_dtype="float16")
    data, device = DataSettings(dataset=TINY), torch.device("cpu")
    half = prepare(data, BASE, store, Cache(tmp_path), device).activations
    for name in variants():
        assert math.isfinite(make(half, name).step()["fvu"])


def test_what_is_tried_out_takes_a_few_steps_and_one_deep_scoring(
    activations: Activations, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    take = SAETrainer._take
    monkeypatch.setattr(SAETrainer, "_take", lambda *a: (steps.append(1), take(*a)))
    trial = make(activations, sae_batch_size=8, sae_epochs=9)
    trial.try_out(5)
    assert len(activations.train_x) > 8 * 5 and len(steps) == 5
    assert trial.measured is not None and math.isfinite(trial.measured.metrics["kl"])
