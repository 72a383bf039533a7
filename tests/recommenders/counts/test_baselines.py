"""Counting by hand, under the protocol of every other model; figures of real data where it is."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import TINY
from hypothesis import given
from hypothesis import strategies as st
from made_states import prepare

from recsae.activations.settings import ActivationSettings
from recsae.cache import Cache, cache_root
from recsae.interactions.settings import DataSettings
from recsae.jobs.baselines import controls, score
from recsae.recommenders.counts import BASELINES
from recsae.recommenders.counts.models import SCORERS, Histories
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.test_reads import reads_of_test

REAL = os.environ.get("RECSAE_DATA_DIR", "")


def histories(*users: list[int], n_items: int = 6) -> Histories:
    """Leave the last two events of each user out of training."""
    lengths = np.array([len(user) for user in users])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Histories(np.concatenate(users), offsets, lengths - 2, n_items)


def test_popularity_by_hand() -> None:
    known = histories([1, 1, 2, 5, 5], [3, 1, 5], [2, 4, 0])
    assert known.item_counts().tolist() == [0, 2, 2, 1, 0, 0]
    scores = SCORERS["Popularity"](known, np.array([2, 7]))(slice(0, 2))
    # Equal counts: the larger id first.
    assert scores[0].argsort(descending=True).tolist() == [2, 1, 3, 5, 4, 0]
    assert torch.equal(scores[0], scores[1])


def test_markov_chain_by_hand() -> None:
    known = histories([1, 2, 1, 2, 4, 0], [1, 3, 4, 0], [2, 1, 3, 5, 5])
    # Training items follow each other as 1→2 twice, 2→1 twice, 1→3 twice.
    at_four, at_one = 4, 8  # the targets after the training items 2 and 3
    scores = SCORERS["MarkovChain"](known, np.array([at_four, at_one]))(slice(0, 2))
    assert scores[0].floor().tolist() == [0, 2, 0, 0, 0, 0]
    assert scores[1].floor().tolist() == [0, 0, 0, 0, 0, 0]  # nothing followed 3
    assert scores[1].argsort(descending=True).tolist()[:3] == [1, 2, 3]  # so popularity decides


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=9), min_size=1, max_size=6),
    st.data(),
)
def test_it_counts_as_a_loop_does(users: list[list[int]], data: st.DataObject) -> None:
    known = histories(*users)
    pairs = [pair for user in users for pair in pairwise(user[:-2])]
    scores = SCORERS["MarkovChain"](known, known.offsets[1:] - 1)
    start = data.draw(st.integers(0, len(users) - 1))
    for row, found in zip(range(start, len(users)), scores(slice(start, len(users))), strict=True):
        last = users[row][-2]
        assert found.floor().tolist() == [pairs.count((last, item)) for item in range(6)]
    counts = known.item_counts().tolist()
    assert counts == [sum(user[:-2].count(item) for user in users) for item in range(6)]


@pytest.mark.parametrize("name", BASELINES)
def test_it_is_scored_like_a_base_and_counted(name: str) -> None:
    found = score(name, DataSettings(dataset=TINY), device=None)
    assert found["model_name"] == name and "mask history" in found["protocol"]
    assert found["metrics"]["test"]["ndcg@10"] <= found["metrics"]["test"]["hr@10"] <= 1
    assert found["groups"]["dev"]["all"]["n"] == 80
    again = score(name, DataSettings(dataset=TINY), device=None)
    assert again["metrics"] == found["metrics"]
    # The test targets were scored once; what is stored is read as often as one likes.
    assert reads_of_test(Path(found["path"])) == 1


def test_a_base_beats_neither_by_another_protocol() -> None:
    base = SASRecSettings(emb_size=16, num_layers=1, num_heads=2, epochs=1)
    cache = Cache(cache_root())
    data, device = DataSettings(dataset=TINY), torch.device("cpu")
    activations = prepare(data, base, ActivationSettings(), cache, device).activations
    found = controls(activations, cache)
    assert set(found) == set(BASELINES)
    for name, metrics in found.items():
        assert metrics == score(name, data, device=None)["metrics"]["dev"]
        assert metrics.keys() == activations.meta["base"]["metrics"]["dev"].keys()


@pytest.mark.parametrize(
    ("dataset", "hr", "ndcg"), [("ml-100k", 0.0838, 0.0432), ("beauty", 0.0115, 0.0055)]
)
def test_popularity_has_its_known_figures(dataset: str, hr: float, ndcg: float) -> None:
    if not (REAL and (Path(REAL) / dataset).exists()):
        pytest.skip(f"RECSAE_DATA_DIR has no {dataset}")
    found = score("Popularity", DataSettings(dataset=dataset), device=None)["metrics"]["test"]
    # The anchors break ties in different ways; ours is within a rounding of both.
    assert found["hr@10"] == pytest.approx(hr, abs=1.5e-4)
    assert found["ndcg@10"] == pytest.approx(ndcg, abs=1.5e-4)
