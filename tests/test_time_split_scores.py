"""From a split at two moments to scores: users without a target, or without a training item, are
there all the same, and no score rests on what came later."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made_states import prepare

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations, extract
from recsae.cache import Cache, cache_root
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.jobs.baselines import controls, score
from recsae.recommenders.base import Base, pretrain
from recsae.recommenders.counts import BASELINES
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.base import SAESettings
from recsae.sequences import Sequences
from recsae.splits import sorted_events
from recsae.trial import Evaluator, SAETrial, run_trial

CPU = torch.device("cpu")
DATA = DataSettings(dataset="synthetic:users=80,items=30,concepts=4,length=14", split="time:0.8")
BASE = SASRecSettings(emb_size=8, num_layers=1, num_heads=2, max_len=6, epochs=2)


@pytest.fixture(scope="module")
def cache() -> Cache:
    return Cache(cache_root())


@pytest.fixture(scope="module")
def sequences() -> Sequences:
    return Sequences.of(load(DATA), DATA)


@pytest.fixture(scope="module")
def store(cache: Cache) -> Activations:
    return prepare(DATA, BASE, ActivationSettings(), cache, CPU).activations


def test_the_data_has_users_of_every_kind(sequences: Sequences) -> None:
    for targets in (sequences.dev, sequences.test):
        assert 15 < len(targets.user) < sequences.n_users - 5
        assert len(set(targets.user.tolist())) == len(targets.user)
    assert (sequences.train_lengths == 0).any()
    assert (sequences.train_lengths == np.diff(sequences.offsets)).any()
    only_test = set(sequences.test.user.tolist()) - set(sequences.dev.user.tolist())
    assert only_test


def test_rows_are_those_of_the_split(store: Activations, sequences: Sequences) -> None:
    lengths = np.maximum(sequences.train_lengths - 1, 0)
    users = np.repeat(np.arange(sequences.n_users), lengths)
    assert store.train_user.tolist() == users.tolist()
    last = np.append(users[1:] != users[:-1], True)
    assert store.train_last.tolist() == last.tolist()
    for split in ("dev", "test"):
        for found, known in zip(store.targets(split), sequences.targets(split), strict=True):
            assert found.tolist() == known.tolist()
        assert (store.history_lengths(split) >= 1).all()


def test_states_rest_on_what_came_before(
    store: Activations, sequences: Sequences, cache: Cache
) -> None:
    model = Base.open(cache.local / "bases" / store.meta["base"]["fingerprint"]).model(CPU)
    for split, rows in (("dev", store.dev_x), ("test", store.test_x)):
        for state, user, position in zip(rows, *sequences.targets(split)[:2], strict=True):
            start = max(int(sequences.offsets[user]), int(position) - 6)
            items = torch.from_numpy(sequences.items[start:position].astype(np.int64))
            expected = model.last(items[None], torch.tensor([len(items)]))[0]
            np.testing.assert_allclose(state, expected, atol=1e-5)


def test_no_score_uses_what_came_later(
    store: Activations, sequences: Sequences, cache: Cache
) -> None:
    """Other events after the targets of test, and nothing trained, stored or ranked changes."""
    interactions = load(DATA)
    frame = interactions.frame.copy()
    in_order = sorted_events(interactions, DATA)
    ends = sequences.offsets[sequences.test.user + 1]
    spans = zip(sequences.test.position, ends, strict=True)
    late = in_order[np.concatenate([np.arange(position + 1, end) for position, end in spans])]
    items = frame["item"].to_numpy().copy()
    items[late] = np.random.default_rng(0).permutation(items[late])
    assert (items != frame["item"]).sum() > 20
    changed = replace(interactions, frame=frame.assign(item=items))
    found = Sequences.of(changed, DATA)
    base, trained = pretrain(found, BASE, cache, CPU)
    assert trained
    other, _ = extract(found, base, ActivationSettings(), cache, CPU)
    for name in ("train_x", "dev_x", "test_x", "item_table"):
        assert np.array_equal(getattr(other, name), getattr(store, name)), name
    for split in ("dev", "test"):
        ranks = [Evaluator(one, split).base_ranks.tolist() for one in (store, other)]
        assert ranks[0] == ranks[1]


def test_an_autoencoder_is_trained_audited_and_grouped(store: Activations) -> None:
    settings = SAESettings.of({"sae_k": 2, "sae_epochs": 2, "sae_lr": 1e-2})
    trial = SAETrial("SASRec_SAE", settings, store)
    found = run_trial(trial, lambda epoch, metrics: None)
    assert not found["leak"] and 0 < found["fvu"] < 1.5
    for split in ("dev", "test"):
        evaluator = Evaluator(store, split)
        measured = evaluator.measure(trial.model, deep=True)
        compared = evaluator.panel.compared(measured.ranks_R, evaluator.base_ranks)
        rows = len(store.targets(split).user)
        groups = compared["groups"]
        assert groups["all"]["n"] == rows == groups["met"]["n"] + groups["new"]["n"]


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_count_what_was_before(name: str, store: Activations, cache: Cache) -> None:
    found = score(name, DATA, device=None)
    assert found["protocol"].startswith("synthetic:users=80")
    assert "split time:0.8: T_dev " in found["protocol"]
    assert controls(store, cache)[name] == found["metrics"]["dev"]
    assert found["groups"]["test"]["all"]["n"] == len(store.targets("test").user)
