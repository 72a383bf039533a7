"""What all tests share: a cache and a storage of their own, one torch thread, a tiny data set."""

import os
from pathlib import Path
from typing import Any

import pytest
from commands import Recsae
from hypothesis import HealthCheck, settings

# No deadline: what a busy machine takes says nothing. CI repeats the same examples each time.
settings.register_profile(
    "recsae",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("recsae")

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

TINY = "synthetic:users=80,items=40,concepts=4,length=10"


@pytest.fixture(autouse=True, scope="session")
def own_places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Point RECSAE_CACHE and RECSAE_STORAGE at folders of this test run."""
    root = tmp_path_factory.mktemp("recsae")
    os.environ["RECSAE_CACHE"] = str(root / "cache")
    os.environ["RECSAE_STORAGE"] = str(root / "runs")
    return root


@pytest.fixture(scope="session")
def activations(own_places: Path) -> Any:
    """Return stored states of a base that was trained on the tiny data for two epochs."""
    import torch
    from made_states import prepare

    from recsae.activations.settings import ActivationSettings
    from recsae.cache import Cache
    from recsae.interactions.settings import DataSettings
    from recsae.recommenders.sasrec.settings import SASRecSettings

    base = SASRecSettings(emb_size=16, num_layers=1, num_heads=2, epochs=2)
    data, cache = DataSettings(dataset=TINY), Cache(own_places / "tiny")
    return prepare(data, base, ActivationSettings(), cache, torch.device("cpu")).activations


@pytest.fixture
def recsae(capsys: pytest.CaptureFixture[str]) -> Recsae:
    """Return what runs commands in this process."""
    return Recsae(capsys)
