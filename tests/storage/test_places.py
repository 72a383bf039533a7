"""Laws of what holds objects: a folder and a bucket answer alike."""

import pickle
from pathlib import Path

import pytest
from memory_buckets import Faulty

from recsae.errors import STORAGE, RecsaeError, machine_fault, refusal
from recsae.results import storage_root
from recsae.storage.addresses import address_of, copy_of
from recsae.storage.objects import Place, StorageError
from recsae.storage.places import delete_all, new_folder, place_at


def test_what_is_written_is_listed_and_read(place: Place) -> None:
    place.write("a/b.txt", b"1")
    place.write("c", b"22")
    assert {name: entry.size for name, entry in place.entries().items()} == {"a/b.txt": 1, "c": 2}
    assert list(place.entries("a/")) == ["a/b.txt"] and place.folders() == ["a"]
    assert (place.read("a/b.txt"), place.read("c")) == (b"1", b"22")


def test_what_is_not_there_is_a_missing_file(place: Place) -> None:
    assert place.entries() == {} and place.folders() == [] and place.tag("x") is None
    with pytest.raises(FileNotFoundError):
        place.read("x")
    place.delete(["x"])


def test_only_one_creates(place: Place) -> None:
    tag = place.create("x", b"one")
    assert tag is not None and tag == place.tag("x")
    assert place.create("x", b"two") is None and place.read("x") == b"one"
    assert place.create("x", b"one") == tag, "the same content is as good"


def test_only_what_is_known_is_replaced(place: Place) -> None:
    first = place.create("x", b"one")
    assert first is not None
    second = place.replace("x", b"two", first)
    assert second not in (None, first)
    assert place.replace("x", b"three", first) is None and place.read("x") == b"two"
    place.delete(["x"])
    assert place.replace("x", b"four", first) is None and place.entries() == {}


def test_files_go_there_and_back(place: Place, tmp_path: Path) -> None:
    (tmp_path / "here").write_bytes(b"x" * 1000)
    place.upload("a/there", tmp_path / "here")
    place.download("a/there", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"x" * 1000
    with pytest.raises(FileNotFoundError):
        place.download("none", tmp_path / "none")


def test_a_new_folder_is_there_when_its_block_ends_well(place: Place) -> None:
    with new_folder(place.address, "7") as folder:
        folder.mkdir(parents=True)
        (folder / "a").write_text("1")
    assert list(place.entries()) == ["7/a"]
    delete_all(place.address)
    assert place.entries() == {}


def test_a_bucket_is_asked_until_it_answers(stores: dict[str, Faulty]) -> None:
    place = place_at("s3://bucket/runs")
    place.write("x", b"1")
    stores["s3://bucket"].refused = 5
    assert place.read("x") == b"1"


@pytest.mark.parametrize("content", [b"new", b"other"])
def test_a_put_without_an_answer_is_looked_up(stores: dict[str, Faulty], content: bytes) -> None:
    place = place_at("s3://bucket/runs")
    place.entries()
    stores["s3://bucket"].lost = 1
    assert place.create("x", b"new") is not None
    assert (place.create("x", content) is None) == (content != b"new")
    assert place.read("x") == b"new"


def test_a_bucket_that_never_answers_is_a_fault_of_the_machine(
    stores: dict[str, Faulty], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSAE_STORAGE_PATIENCE", "0.01")
    place = place_at("s3://bucket/runs")
    place.entries()
    stores["s3://bucket"].refused = 1000
    with pytest.raises(StorageError) as caught:
        place.read("x")
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):  # noqa: S301
        assert machine_fault(error) == STORAGE
        assert refusal(error) == "s3://bucket: no answer for 0 s (503 Slow Down)"


@pytest.mark.parametrize(
    "address", ["s3://", "s3://bucket/../x", "gs://b//x", "s3://b/a b", "s3://.b"]
)
def test_an_address_that_leads_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(RecsaeError, match=r"storage: expected (s3|gs)://BUCKET/PREFIX"):
        storage_root(address)


def test_a_copy_knows_its_address(machine: Path) -> None:
    folder = copy_of("s3://bucket/runs/")
    assert folder == machine / "remote" / "s3" / "bucket" / "runs"
    assert address_of(folder / "x") == "s3://bucket/runs/x"
    assert address_of(machine / "bases") is None and address_of(machine / "remote") is None
