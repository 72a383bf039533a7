"""Targets that their user had met before: ranked among all items under every mask, told, and left
out on demand. Each score against a slow and obvious version of it."""

import math
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made_logs import log
from made_states import prepare

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.interactions.datasets import load
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings
from recsae.jobs.baselines import score
from recsae.metrics.leakage import leak_audit
from recsae.metrics.ranking import Asked, Seen, ranks_among
from recsae.recommenders.base import Base
from recsae.recommenders.counts import BASELINES
from recsae.recommenders.counts.models import SCORERS, Histories
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.base import SAESettings
from recsae.sequences import Mask, Met, Sequences, Targets, seen_items
from recsae.trial import Evaluator, SAETrial, run_trial

MASKS: tuple[Mask, ...] = get_args(Mask)
OWN = 12
"""Items of a user's own in the data of repeats."""


@st.composite
def logs(draw: st.DrawFn) -> Interactions:
    """Few items, so that users meet the same again and again."""
    lengths = draw(st.lists(st.integers(3, 9), min_size=1, max_size=5))
    item = st.integers(0, 5)
    return log([(user, draw(item), t) for user, n in enumerate(lengths) for t in range(n)])


@st.composite
def given_logs(draw: st.DrawFn) -> Interactions:
    """The same with a split of their own: several targets a user."""
    drawn = draw(logs())
    parts = [draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)) for n in sizes(drawn)]
    parts[0] = [0, *[1] * (len(parts[0]) - 2), 2]  # so there is one of each
    rows = drawn.frame[["user", "item", "timestamp"]].itertuples(index=False)
    return log([*rows], [part for mine in parts for part in sorted(mine)])


def sizes(log: Interactions) -> list[int]:
    counts: list[int] = np.bincount(log.frame["user"]).tolist()
    return counts


def allowed(sequences: Sequences, targets: Targets, row: int, mask: Mask) -> set[int]:
    """Return the candidates of one row by the definition, its target among them."""
    user, position, target = (int(part[row]) for part in targets)
    start, end = int(sequences.offsets[user]), int(sequences.offsets[user + 1])
    before, ever = (set(sequences.items[start:stop].tolist()) for stop in (position, end))
    everything = set(range(sequences.n_items))
    if target in before or mask == "none":
        return everything
    return everything - (before if mask == "history" else ever) | {target}


def slow_ranks(
    scores_RI: np.ndarray, sequences: Sequences, targets: Targets, mask: Mask
) -> list[int]:
    found = []
    for row, (target, scores) in enumerate(zip(targets.item, scores_RI, strict=True)):
        others = allowed(sequences, targets, row, mask) - {int(target)}
        found.append(1 + sum(scores[item] >= scores[target] for item in others))
    return found


def ndcg(ranks: list[int]) -> float:
    return sum(1 / math.log2(1 + rank) for rank in ranks if rank <= 10) / len(ranks)


def quick_ranks(
    scores_RI: np.ndarray, sequences: Sequences, targets: Targets, mask: Mask
) -> list[int]:
    offsets, items = seen_items(sequences.items, sequences.offsets, targets, mask)
    seen = Seen(torch.from_numpy(offsets), torch.from_numpy(items))
    asked = Asked(torch.from_numpy(targets.item), seen)
    ranks: list[int] = ranks_among(lambda rows: torch.from_numpy(scores_RI[rows]), asked).tolist()
    return ranks


@given(logs() | given_logs(), st.sampled_from(MASKS), st.integers(0, 99))
def test_ranks_are_those_of_the_definition(log: Interactions, mask: Mask, seed: int) -> None:
    found = Sequences.of(log)
    for targets in (found.dev, found.test):
        size = len(targets.user), found.n_items
        scores_RI = np.random.default_rng(seed).integers(0, 4, size).astype(float)  # with ties
        expected = slow_ranks(scores_RI, found, targets, mask)
        assert quick_ranks(scores_RI, found, targets, mask) == expected


@given(logs())
def test_they_are_counted_and_told(log: Interactions) -> None:
    found = Sequences.of(log)
    for split, targets in (("dev", found.dev), ("test", found.test)):
        met = [
            item in found.items[found.offsets[user] : position]
            for user, position, item in zip(*targets, strict=True)
        ]
        assert found.met(split).tolist() == met
        assert found.met_counts[split] == Met(sum(met), len(met))
    message = f"; {found.met_counts['test'].met} of {log.n_users} targets were met before (dev "
    assert message in found.protocol()


@given(logs())
def test_new_leaves_them_out_and_says_so(log: Interactions) -> None:
    every = Sequences.of(log)
    new = DataSettings(targets="new")
    if every.met("dev").all() or every.met("test").all():
        with pytest.raises(RecsaeError, match=r"no (dev|test) target is left: all \d were met"):
            Sequences.of(log, new)
        return
    found = Sequences.of(log, new)
    for split in ("dev", "test"):
        kept = ~every.met(split)
        for part, known in zip(found.targets(split), every.targets(split), strict=True):
            assert part.tolist() == known[kept].tolist()
        assert not found.met(split).any()
        assert found.met_counts == every.met_counts
    test = every.met_counts["test"]
    message = f"{test.met} of {test.of} targets were met before and left out (dev "
    assert message in found.protocol() and message not in every.protocol()
    assert np.array_equal(found.train_lengths, every.train_lengths)


def repeats(users: int, events: int) -> list[tuple[int, int, int]]:
    """Each event is drawn evenly from the user's own items, of which a group of users has 12."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, OWN, (users, events))
    return [
        (user, user % 10 * OWN + int(item), time)
        for user in range(users)
        for time, item in enumerate(drawn[user])
    ]


@pytest.mark.parametrize("mask", MASKS)
def test_nobody_can_expect_more_than_repeats_allow(mask: Mask) -> None:
    """Who knows the 12 items, and nothing can tell more, finds 5 of 12 among the first five."""
    found = Sequences.of(log(repeats(400, 40)))
    targets = found.test
    own_RI = targets.user[:, None] % 10 == np.arange(found.n_items) // OWN
    scores_RI = own_RI + np.random.default_rng(1).random(own_RI.shape)
    ranks = np.array(quick_ranks(scores_RI, found, targets, mask))
    assert np.mean(ranks <= 5) == pytest.approx(5 / OWN, abs=0.05)
    best = sum(1 / math.log2(1 + rank) for rank in range(1, 11)) / OWN
    assert ndcg(ranks.tolist()) == pytest.approx(best, abs=0.04)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSettings:
    path = tmp_path_factory.mktemp("log") / "repeats.csv"
    rng = np.random.default_rng(2)
    rows = repeats(30, 8) + [(user, int(rng.integers(0, 120)), 9) for user in range(0, 30, 2)]
    pd.DataFrame(rows, columns=["user", "item", "timestamp"]).to_csv(path, index=False)
    return DataSettings(dataset=str(path))


@pytest.fixture(scope="module")
def sequences(data: DataSettings) -> Sequences:
    return Sequences.of(load(data))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def activations(data: DataSettings, cache: Cache) -> Activations:
    base = SASRecSettings(emb_size=8, num_layers=1, num_heads=2, epochs=8, lr=0.01)
    return prepare(data, base, ActivationSettings(), cache, torch.device("cpu")).activations


def test_the_data_has_both_kinds(sequences: Sequences) -> None:
    met = sequences.met("test")
    assert 5 <= met.sum() <= len(met) - 5


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_are_ranked_so(name: str, data: DataSettings, sequences: Sequences) -> None:
    parts = (sequences.items, sequences.offsets, sequences.train_lengths, sequences.n_items)
    found = score(name, data, device=None)
    for split in ("dev", "test"):
        targets = sequences.targets(split)
        scores = SCORERS[name](Histories(*parts), targets.position)
        scores_RI = scores(slice(0, len(targets.user))).numpy()
        ranks = slow_ranks(scores_RI, sequences, targets, "history")
        assert found["metrics"][split]["ndcg@10"] == pytest.approx(ndcg(ranks))
        met, groups = sequences.met(split), found["groups"][split]
        assert groups["met"]["n"] == met.sum() and groups["new"]["n"] == (~met).sum()
        kept = [rank for rank, known in zip(ranks, met, strict=True) if known]
        assert groups["met"]["ndcg@10"] == pytest.approx(ndcg(kept))


def test_the_base_is_chosen_and_told_so(
    sequences: Sequences, activations: Activations, cache: Cache
) -> None:
    base = Base.open(cache.local / "bases" / activations.meta["base"]["fingerprint"])
    table = activations.item_table
    for split in ("dev", "test"):
        scores_RI = activations.states(split).numpy() @ table.T
        targets = sequences.targets(split)
        expected = ndcg(slow_ranks(scores_RI, sequences, targets, "history"))
        assert base.metrics[split]["ndcg@10"] == pytest.approx(expected)
        assert activations.meta["base"]["metrics"][split]["ndcg@10"] == pytest.approx(expected)
    # The weights are those of the epoch with the best score on dev, made in the same way.
    assert max(base.meta["dev_curve"]) == base.metrics["dev"]["ndcg@10"]


def slow_closeness(
    ours_RI: np.ndarray, base_RI: np.ndarray, sequences: Sequences, targets: Targets, mask: Mask
) -> tuple[float, float]:
    """Return kl and overlap@10, row by row over the candidates."""
    kl, overlap = [], []
    for row, (ours, base) in enumerate(zip(ours_RI, base_RI, strict=True)):
        items = sorted(allowed(sequences, targets, row, mask))
        p, q = (np.exp(s[items] - s[items].max()) for s in (base, ours))
        p, q = p / p.sum(), q / q.sum()
        kl.append(float((p * np.log(p / q)).sum()))
        tops = [{items[i] for i in np.argsort(-s[items])[:10]} for s in (ours, base)]
        overlap.append(len(tops[0] & tops[1]) / 10)
    return float(np.mean(kl)), float(np.mean(overlap))


@pytest.mark.parametrize("mask", MASKS)
def test_every_measure_of_an_autoencoder_is_ranked_so(
    mask: Mask, sequences: Sequences, activations: Activations
) -> None:
    settings = SAESettings.of({"sae_k": 3, "sae_lr": 1e-2, "sae_epochs": 3})
    trial = SAETrial("SASRec_SAE", settings, activations)
    run_trial(trial, lambda epoch, metrics: None)
    evaluator = Evaluator(activations, "test", mask)
    found: dict[str, Any] = evaluator(trial.model, deep=True)
    x_RD, targets = activations.states("test"), sequences.test
    with torch.no_grad():
        recon_RD = trial.model(x_RD).numpy().astype(np.float64)
        base_RD = x_RD.numpy().astype(np.float64)
        others_PR = leak_audit(x_RD, trial.model).others_PR.numpy()
    table_DI = activations.item_table.T.astype(np.float64)

    def ndcg_of(state_RD: np.ndarray) -> float:
        return ndcg(slow_ranks(state_RD @ table_DI, sequences, targets, mask))

    own, base = ndcg_of(recon_RD), ndcg_of(base_RD)
    mean_D = activations.train_x.mean(0, dtype=np.float64)
    mean = ndcg_of(np.broadcast_to(mean_D, base_RD.shape))
    assert found["ndcg@10"] == pytest.approx(own)
    assert found["share"] == pytest.approx(own / base)
    assert found["recovered"] == pytest.approx((own - mean) / (base - mean))
    swapped = np.mean([ndcg_of(recon_RD[other_R]) for other_R in others_PR])
    assert found["ndcg@10_permuted"] == pytest.approx(float(swapped))
    kl, overlap = slow_closeness(recon_RD @ table_DI, base_RD @ table_DI, sequences, targets, mask)
    assert found["kl"] == pytest.approx(kl, abs=1e-5)
    assert found["overlap@10"] == pytest.approx(overlap)
    counts = [len(allowed(sequences, targets, row, mask)) for row in range(len(targets.user))]
    ranks = evaluator.ranks(trial.model).numpy()
    places = [(rank - 1) / (count - 1) for rank, count in zip(ranks, counts, strict=True)]
    assert found["percentile"] == pytest.approx(float(np.mean(places)))
