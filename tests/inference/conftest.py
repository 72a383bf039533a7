"""Models of the tiny data: a trained autoencoder of each variant, ready to be used."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.inference.explained import ExplainedRecommender
from recsae.recommenders.base import Base
from recsae.recommenders.recommender import Recommender
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant
from recsae.trial import SAETrial, run_trial

SMALL = {"sae_lr": 1e-2, "sae_epochs": 2, "sae_batch_size": 64, "sae_k": 3, "sae_attn_heads": 2}
Explain = Callable[..., ExplainedRecommender]


@pytest.fixture(scope="session")
def recommender(activations: Activations, own_places: Path) -> Recommender:
    folder = Cache(own_places / "tiny").find("bases", activations.meta["base"]["fingerprint"])
    assert folder is not None
    return Base.open(folder).model(torch.device("cpu"))


@pytest.fixture(scope="session")
def trained(activations: Activations) -> Callable[..., SparseAutoencoder]:
    """Return what trains a variant, once for the same settings."""
    known: dict[str, SparseAutoencoder] = {}

    def train(name: str, **settings: Any) -> SparseAutoencoder:
        key = f"{name} {settings}"
        if key not in known:
            kind = variant(name).Settings
            small = {one: value for one, value in SMALL.items() if one in kind.model_fields}
            trial = SAETrial(name, kind.of({**small, **settings}), activations)
            run_trial(trial, lambda epoch, metrics: None)
            known[key] = trial.model.eval()
        return known[key]

    return train


@pytest.fixture(scope="session")
def explain(
    activations: Activations,
    recommender: Recommender,
    trained: Callable[..., SparseAutoencoder],
) -> Explain:
    """Return what makes a variant a model to be asked."""

    def made(name: str = "SASRec_SAE", **settings: Any) -> ExplainedRecommender:
        model = trained(name, **settings)
        leaks = model.variant.may_leak(model.settings)
        device = torch.device("cpu")
        return ExplainedRecommender(
            model, activations, lambda: recommender, Path("here"), leaks=leaks, device=device
        )

    return made


@pytest.fixture
def storage(tmp_path: Path, own_places: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty storage, beside a cache that has the tiny data's base and states."""
    shutil.copytree(own_places / "tiny", tmp_path / "cache")
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RECSAE_STORAGE", str(tmp_path / "runs"))
    return tmp_path / "runs"
