"""Bases and states in a bucket: computed once, whole, the same bytes for all."""

from pathlib import Path
from typing import Any

import pytest

from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.storage.entries import BucketCache, cache_of, folder_digest, shared_at, shared_words
from recsae.storage.places import place_at

SHARED = BucketCache("s3://bucket/runs/.cache")


@pytest.fixture
def caches(stores: Any, tmp_path: Path) -> list[Cache]:
    return [Cache(tmp_path / name, SHARED) for name in ("one", "two")]


def build(text: str) -> Any:
    def built(folder: Path) -> None:
        (folder / "deep").mkdir()
        (folder / "deep" / "x").write_text(text)
        (folder / "test_reads.json").write_text(text)

    return built


def test_the_second_machine_takes_what_the_first_computed(caches: list[Cache]) -> None:
    one, two = caches
    folder, built = one.get("bases", "k", build("1"))
    there, again = two.get("bases", "k", build("2"))
    assert (built, again) == (True, False)
    assert (there / "deep/x").read_text() == "1"
    assert not (there / "test_reads.json").exists()
    assert folder_digest(folder) == folder_digest(there)
    assert two.find("bases", "other") is None


def test_of_two_that_compute_at_once_both_have_that_of_one(caches: list[Cache]) -> None:
    def slow(folder: Path) -> None:
        build("2")(folder)
        caches[0].get("bases", "k", build("1"))

    folder, built = caches[1].get("bases", "k", slow)
    assert (folder / "deep/x").read_text() == "1" and not built
    objects = place_at(SHARED.address).entries()
    assert len(objects) == 2, "what came too late is deleted"


def test_other_bytes_are_told(caches: list[Cache], tmp_path: Path) -> None:
    caches[0].get("bases", "k", build("1"))
    place = place_at(SHARED.address)
    (stored,) = [name for name in place.entries() if name.endswith("deep/x")]
    place.write(stored, b"?")
    with pytest.raises(RecsaeError, match="other bytes than were stored"):
        caches[1].find("bases", "k")
    assert not (tmp_path / "two" / "bases" / "k").exists()


def test_an_entry_whose_names_lead_out_is_refused(caches: list[Cache]) -> None:
    place_at(SHARED.address).write("bases/k.json", b'{"../../x": ["bases/y", "0"]}')
    with pytest.raises(RecsaeError, match="a name in it leads out"):
        caches[0].find("bases", "k")


def test_where_it_is_shared_travels_as_a_text(machine: Path, tmp_path: Path) -> None:
    for shared in (None, tmp_path, SHARED):
        assert shared_at(shared_words(shared)) == shared
    assert cache_of(machine.resolve() / "remote/s3/bucket/runs").shared == SHARED
    assert cache_of(tmp_path).shared is None
