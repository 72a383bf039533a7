"""A command run in a cache of its own, and the small data of ReChorus that it is run on."""

from pathlib import Path

import pytest
from commands import Recsae
from jobs.import_models.refusals import ITEMS
from rechorus_world import write_folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("world") / "data", ITEMS)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache that is in use."""
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def run(own_cache: Path, recsae: Recsae) -> Recsae:
    """Return what runs commands with an empty cache."""
    return recsae
