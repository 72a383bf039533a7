"""Places of both kinds, and a machine's cache of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from memory_buckets import Faulty, in_memory

from recsae.storage.objects import Place
from recsae.storage.places import place_at


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def stores() -> Iterator[dict[str, Faulty]]:
    with in_memory() as made:
        yield made


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, stores: dict[str, Faulty]) -> Place:
    return place_at(tmp_path / "place" if request.param == "folder" else "s3://bucket/runs")
