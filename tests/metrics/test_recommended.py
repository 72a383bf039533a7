"""What is recommended: coverage, Gini and novelty by hand, and metrics at any cut-off."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recsae.errors import RecsaeError
from recsae.metrics.ranking import Products, Seen, gains
from recsae.metrics.recommended import NONE, gini, item_coverage, novelty, top_items
from recsae.metrics.registry import MOST, deep_metrics, metrics, on_request, rank_metrics
from recsae.space import SearchSpace, space_of


def seen(rows: list[list[int]]) -> Seen:
    offsets = torch.tensor([0, *torch.tensor([len(row) for row in rows]).cumsum(0).tolist()])
    return Seen(offsets, torch.tensor([item for row in rows for item in row], dtype=torch.int64))


def test_the_first_items_leave_out_what_was_seen() -> None:
    scores_RI = torch.tensor([[5.0, 4, 3, 2], [1, 2, 3, 4], [9, 0, 8, 1]])
    offered = top_items(lambda rows: scores_RI[rows], seen([[0], [], [0, 1, 3]]), 4, 2, chunk=2)
    assert offered.tolist() == [[1, 2], [3, 2], [2, NONE]]
    whole = top_items(lambda rows: scores_RI[rows], seen([[0], [], [0, 1, 3]]), 4, 6)
    assert whole[0].tolist() == [1, 2, 3, NONE, NONE, NONE]
    assert scores_RI[0, 0] == 5  # what is scored is left as it is


@given(st.integers(0, 10**6), st.integers(1, 9))
def test_they_are_those_that_sorting_gives(seed: int, k: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    x_RD, table_ID = torch.randn(5, 3, generator=draw), torch.randn(9, 3, generator=draw)
    masked = [[r, 8 - r] if r != 4 else [4] for r in range(5)]
    found = top_items(Products(x_RD, table_ID), seen(masked), 9, k, chunk=2)
    for row, items in enumerate(found.tolist()):
        order = (x_RD[row] @ table_ID.T).argsort(descending=True).tolist()
        wanted = [item for item in order if item not in masked[row]][:k]
        assert items == wanted + [NONE] * (k - len(wanted))


def test_coverage_is_the_share_of_items_that_anybody_is_offered() -> None:
    assert item_coverage(torch.tensor([[0, 1], [1, 2], [2, NONE]]), 6) == 0.5


def test_gini_is_that_of_the_definition() -> None:
    # Counts 0, 0, 1, 3: half the mean absolute difference over the mean.
    top = torch.tensor([[3, 2], [3, NONE], [3, NONE]])
    counts = [0, 0, 1, 3]
    differences = sum(abs(a - b) for a in counts for b in counts)
    assert gini(top, 4) == pytest.approx(differences / (2 * 4 * sum(counts)))
    assert gini(torch.arange(8).reshape(4, 2), 8) == pytest.approx(0)
    assert gini(torch.zeros(5, 1, dtype=torch.int64), 10) == pytest.approx(1 - 1 / 10)


def test_novelty_is_the_mean_self_information() -> None:
    counts = torch.tensor([8, 4, 2, 2, 0])
    assert novelty(torch.tensor([[0, 1], [2, NONE]]), counts) == (1 + 2 + 3) / 3
    assert novelty(torch.tensor([[4]]), counts) == 4  # never trained: as if once


def test_the_mean_reciprocal_rank_has_no_cut_off() -> None:
    ranks = torch.tensor([1, 2, 4, 1000])
    value = metrics()["mrr"].of_ranks(ranks, ranks)  # type: ignore[attr-defined]
    assert value == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 1000) / 4)


@pytest.mark.parametrize("k", [1, 3, 37, MOST])
def test_a_metric_at_any_cut_off(k: int) -> None:
    ranks = torch.arange(1, 200)
    known: Any = metrics()
    assert known[f"hr@{k}"].of_ranks(ranks, ranks) == pytest.approx(k / 199)
    assert known[f"ndcg@{k}"].of_ranks(ranks, ranks) == float(gains(ranks, k).mean())
    for kind in ("hr", "ndcg", "item_coverage", "gini", "novelty"):
        assert f"{kind}@{k}" in known and known[f"{kind}@{k}"] is known[f"{kind}@{k}"]
        assert known[f"{kind}@{k}"].direction == known[f"{kind}@10"].direction


@pytest.mark.parametrize("name", ["ndcg@0", "ndcg@101", "ndcg@07", "ndcg@", "ndcg", "l0@3", "x@3"])
def test_what_is_no_cut_off_is_no_metric(name: str) -> None:
    assert name not in metrics() and metrics().get(name) is None


def test_nothing_of_it_is_measured_unless_it_is_asked_for() -> None:
    new = {"mrr", "item_coverage@10", "gini@10", "novelty@10", "ndcg@37"}
    assert on_request(new) == new
    assert new.isdisjoint(rank_metrics()) and new.isdisjoint(deep_metrics())
    assert "ndcg@37" not in [*metrics()] and "mrr" in [*metrics()]


def space(**keys: Any) -> SearchSpace:
    return space_of({"model_name": "SASRec_SAE", "parameters": {"sae_k": 3}, **keys})


def test_they_may_be_objectives_and_constraints() -> None:
    aims = {"ndcg@1": "max", "gini@5": "min", "mrr": "max"}
    made = space(objectives=aims, constraints={"novelty@100": ">= 3"})
    assert made.objectives == aims and made.constraints == {"novelty@100": ">= 3"}
    for aim, hint in (("recall@7", "hr@7"), ("coverage@10", "item_coverage@10")):
        with pytest.raises(RecsaeError, match=f"did you mean '{hint}'"):
            space(objectives={aim: "max"})
    with pytest.raises(RecsaeError, match="expected min"):
        space(objectives={"gini@5": "max"})
