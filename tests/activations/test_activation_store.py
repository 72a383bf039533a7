"""Stored states are the base's, each once, without a target's, and cannot be changed."""

import shutil
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from made_seen import nothing_seen
from made_states import Prepared, prepare
from safetensors.torch import load, save

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations, extract
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.files import content_digest, write_json
from recsae.interactions.datasets import load as load_data
from recsae.interactions.settings import DataSettings
from recsae.metrics.ranking import ranking_metrics, ranks
from recsae.recommenders.base import Base
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Mask, Sequences
from recsae.test_reads import reads_of_test

CPU = torch.device("cpu")
DATA = DataSettings(dataset="synthetic:users=25,items=20,concepts=4,length=16")
BASE = SASRecSettings(emb_size=8, num_layers=1, num_heads=2, max_len=5, epochs=2)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def first(cache: Cache) -> Prepared:
    return prepare(DATA, BASE, ActivationSettings(), cache, CPU)


@pytest.fixture(scope="module")
def store(first: Prepared) -> Activations:
    return first.activations


@pytest.fixture(scope="module")
def sequences() -> Sequences:
    return Sequences.of(load_data(DATA))


@pytest.fixture(scope="module")
def base(store: Activations, cache: Cache) -> Base:
    return Base.open(cache.local / "bases" / store.meta["base"]["fingerprint"])


def state_after(base: Base, items: np.ndarray) -> np.ndarray:
    """Run the base over one history alone."""
    one = torch.from_numpy(items.astype(np.int64)).unsqueeze(0)
    states = base.model(CPU).hidden(one, torch.tensor([len(items)]))
    return states[0, -1].numpy()


def test_only_the_first_call_computes(first: Prepared, cache: Cache) -> None:
    assert (first.pretrained, first.extracted) == (True, True)
    again = prepare(DATA, BASE, ActivationSettings(), cache, CPU)
    assert (again.pretrained, again.extracted) == (False, False)
    assert again.activations.fingerprint == first.activations.fingerprint
    half = prepare(DATA, BASE, ActivationSettings(activation_dtype="float16"), cache, CPU)
    assert (half.pretrained, half.extracted) == (False, True)


def test_train_rows_are_states_after_training_items_in_order(
    store: Activations, sequences: Sequences
) -> None:
    users, following = [], []
    for user, length in enumerate(sequences.train_lengths):
        start = sequences.offsets[user]
        users += [user] * (length - 1)
        following += sequences.items[start + 1 : start + length].tolist()
    assert store.train_user.tolist() == users
    assert store.train_next.tolist() == following
    last = [row + 1 == len(users) or users[row + 1] != user for row, user in enumerate(users)]
    assert store.train_last.tolist() == last


def test_train_rows_are_what_the_base_computes_one_by_one(
    store: Activations, sequences: Sequences, base: Base
) -> None:
    """The context of a row starts where its window does; windows of 5 advance by 2."""
    row = 0
    for user, length in enumerate(sequences.train_lengths):
        items = sequences.items[sequences.offsets[user] :][:length]
        for place in range(length - 1):
            start = max(0, -(-(place - 4) // 2) * 2)
            expected = state_after(base, items[start : place + 1])
            np.testing.assert_allclose(store.train_x[row], expected, atol=1e-5)
            row += 1
    assert row == len(store.train_x)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_target_rows_are_states_after_all_that_came_before(
    split: str, store: Activations, sequences: Sequences, base: Base
) -> None:
    rows = getattr(store, f"{split}_x")
    targets = sequences.targets(split)
    assert store.targets(split).item.tolist() == targets.item.tolist()
    for row, (user, position) in enumerate(zip(targets.user, targets.position, strict=True)):
        start = max(sequences.offsets[user], position - 5)
        expected = state_after(base, sequences.items[start:position])
        np.testing.assert_allclose(rows[row], expected, atol=1e-5)


def test_no_row_of_a_target_is_among_its_users_train_rows(store: Activations) -> None:
    for split, held_out in (("dev", store.dev_x), ("test", store.test_x)):
        for user, state in zip(store.targets(split).user, held_out, strict=True):
            own = store.train_x[store.train_user == user]
            assert np.abs(own - state).max(axis=1, initial=0).min(initial=1) > 1e-4


def test_arrays_cannot_be_written_to(store: Activations) -> None:
    for field in fields(Activations):
        array = getattr(store, field.name)
        if isinstance(array, np.ndarray):
            assert isinstance(array, np.memmap)
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_tensors_share_the_pages_and_cannot_change_the_file(store: Activations) -> None:
    tensor = store.tensor("dev_x")
    before = store.dev_x[0].copy()
    tensor[0] = 7.0
    assert np.array_equal(store.dev_x[0], before)
    assert np.array_equal(Activations.open(store.path).dev_x[0], before)


def test_a_store_opens_from_its_folder_alone(store: Activations) -> None:
    again = Activations.open(store.path)
    assert again.fingerprint == store.path.name == store.fingerprint
    assert again.meta == store.meta
    assert np.array_equal(again.train_x, store.train_x)


def test_half_precision_takes_half_the_space(store: Activations, cache: Cache) -> None:
    half = prepare(DATA, BASE, ActivationSettings(activation_dtype="float16"), cache, CPU)
    assert half.activations.fingerprint != store.fingerprint
    assert half.activations.meta["dtype"] == half.activations.train_x.dtype == "float16"
    for name in ("train_x", "dev_x", "test_x"):
        full, small = getattr(store, name), getattr(half.activations, name)
        assert 2 * small.nbytes == full.nbytes
        np.testing.assert_allclose(small, full, rtol=1e-3, atol=1e-6)
    assert half.activations.rows()[0].dtype == torch.float16
    assert half.activations.states("dev").dtype == torch.float32


def test_rows_of_the_last_position(store: Activations) -> None:
    states, users, following, views = store.rows("last")
    assert views is None
    assert users.tolist() == sorted(set(store.train_user.tolist()))
    rows = [np.flatnonzero(store.train_user == user)[-1] for user in users.numpy()]
    assert np.array_equal(states, store.train_x[rows])
    assert following.tolist() == store.train_next[rows].tolist()


def test_base_metrics_are_those_of_the_stored_rows(store: Activations, base: Base) -> None:
    """In float32 they are also what was measured when the base was trained."""
    found = store.meta["base"]["metrics"]
    for split in ("dev", "test"):
        assert base.metrics[split].items() <= found[split].items()
    target = store.tensor("dev_target")
    rank = ranks(store.states("dev"), store.tensor("item_table"), target, store.seen("dev"))
    assert ranking_metrics(rank).items() <= found["dev"].items()
    unmasked = ranks(store.states("dev"), store.tensor("item_table"), target, nothing_seen(25))
    assert (unmasked >= rank).all() and (unmasked > rank).any()


def test_counts_of_training_items_and_lengths_of_histories(
    store: Activations, sequences: Sequences
) -> None:
    assert store.train_lengths.tolist() == sequences.train_lengths.tolist()
    histories = [
        sequences.items[start : start + length].tolist()
        for start, length in zip(sequences.offsets, sequences.train_lengths, strict=False)
    ]
    counted = Counter(item for items in histories for item in items)
    assert store.item_train_counts().tolist() == [counted[i] for i in range(sequences.n_items)]
    lengths = [len(items) for items in histories]
    assert store.history_lengths("dev").tolist() == lengths
    assert store.history_lengths("test").tolist() == [length + 1 for length in lengths]


@pytest.mark.parametrize("mask", ["history", "all", "none"])
def test_seen_items_need_no_data(mask: Mask, store: Activations) -> None:
    seen = store.seen("dev", mask)
    for row, (user, position, target) in enumerate(zip(*store.targets("dev"), strict=True)):
        start, end = store.offsets[user], store.offsets[user + 1]
        events = {"history": (start, position), "all": (start, end), "none": (0, 0)}[mask]
        expected = sorted({*store.items[slice(*events)].tolist()} - {int(target)})
        expected = [] if target in store.items[start:position] else expected
        assert seen.items[seen.offsets[row] : seen.offsets[row + 1]].tolist() == expected


def test_what_is_told_about_a_store(store: Activations, sequences: Sequences, base: Base) -> None:
    assert store.meta["dataset"] == sequences.name
    assert store.meta["protocols"]["history"] == base.meta["protocol"]
    assert (store.meta["width"], store.meta["n_items"]) == (8, store.item_table.shape[0])
    assert store.meta["base"]["settings"] == BASE.values()


def test_the_same_data_under_another_name_is_named_as_it_was_asked_for(
    store: Activations, sequences: Sequences, base: Base, cache: Cache
) -> None:
    renamed = Sequences(**{**vars(sequences), "name": "renamed"})
    found, extracted = extract(renamed, base, ActivationSettings(), cache, CPU)
    assert (extracted, found.meta["dataset"]) == (False, "renamed")
    assert found.meta["protocols"]["history"].startswith("renamed: ")


def test_scoring_test_from_the_stored_rows_is_counted(tmp_path: Path) -> None:
    own = Cache(tmp_path)
    found = prepare(DATA, BASE, ActivationSettings(), own, CPU).activations
    assert reads_of_test(own.local / "bases" / found.meta["base"]["fingerprint"]) == 2


def test_a_base_that_is_trained_again_to_other_weights_has_other_states(
    first: Prepared, sequences: Sequences, base: Base, tmp_path: Path
) -> None:
    """As on another machine: same data, settings and code, so the same fingerprint."""
    again = tmp_path / base.path.name
    shutil.copytree(base.path, again)
    weights = load((again / "model.safetensors").read_bytes())
    name = next(name for name in sorted(weights) if weights[name].is_floating_point())
    weights[name].view(-1)[0] += 1e-3
    (again / "model.safetensors").write_bytes(save(weights))
    with pytest.raises(RecsaeError, match=r"damaged \(model.safetensors: not the weights of base"):
        Base.open(again).model(CPU)
    content = (again / "model.safetensors").read_bytes()
    write_json(again / "base.json", base.meta | {"weights": content_digest(content)})
    other = Base.open(again)
    assert other.fingerprint == base.fingerprint and other.weights != base.weights
    cache = Cache(tmp_path / "cache")
    shutil.copytree(first.activations.path.parent, cache.local / "activations")
    known, computed = extract(sequences, base, ActivationSettings(), cache, CPU)
    assert not computed and known.meta["base"]["weights"] == base.weights
    found, computed = extract(sequences, other, ActivationSettings(), cache, CPU)
    assert computed and found.fingerprint != known.fingerprint
    assert found.meta["base"]["weights"] == other.weights
