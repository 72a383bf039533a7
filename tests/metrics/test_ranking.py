"""Ranks against a sort, and scores against tables worked out by hand."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made_seen import nothing_seen
from torch import Tensor

from recsae.metrics.catalogue.ranking import HitRate50, Percentile
from recsae.metrics.ranking import (
    Asked,
    Counter,
    NotFiniteError,
    Seen,
    candidates,
    gains,
    percentiles,
    products,
    ranking_metrics,
    ranks,
    ranks_among,
    whole_float32,
)


def masks(rows: list[list[int]]) -> Seen:
    ends = torch.tensor([0, *(len(row) for row in rows)]).cumsum(0)
    return Seen(ends, torch.tensor([item for row in rows for item in row], dtype=torch.int32))


def rank_by_sorting(scores: list[float], target: int, masked: list[int]) -> int:
    """Sort the allowed items, the target last among its equals, and look where it is."""
    allowed = [item for item in range(len(scores)) if item not in masked]
    order = sorted(allowed, key=lambda item: (-scores[item], item == target))
    return order.index(target) + 1


@st.composite
def problems(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor, list[list[int]]]:
    """Small whole numbers, so that scores are exact and many tie."""
    rows, items = draw(st.integers(1, 7)), draw(st.integers(1, 9))
    number = st.integers(-2, 2).map(float)
    states = [draw(st.lists(number, min_size=2, max_size=2)) for _ in range(rows)]
    table = [draw(st.lists(number, min_size=2, max_size=2)) for _ in range(items)]
    targets = [draw(st.integers(0, items - 1)) for _ in range(rows)]
    seen = [sorted(draw(st.sets(st.integers(0, items - 1))) - {target}) for target in targets]
    return torch.tensor(states), torch.tensor(table), torch.tensor(targets), seen


@given(problems(), st.integers(1, 4))
def test_rank_is_the_place_in_a_sort(
    problem: tuple[Tensor, Tensor, Tensor, list[list[int]]], chunk: int
) -> None:
    states, table, targets, seen = problem
    scores = (states @ table.T).tolist()
    expected = [
        rank_by_sorting(row, int(target), masked)
        for row, target, masked in zip(scores, targets, seen, strict=True)
    ]
    assert ranks(states, table, targets, masks(seen), chunk).tolist() == expected


@pytest.fixture
def large() -> tuple[Tensor, Tensor, Tensor, list[list[int]]]:
    """More rows than a chunk has, and an odd number of items."""
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(301, 24, generator=generator)
    table = torch.randn(517, 24, generator=generator)
    targets = torch.randint(0, 517, (301,), generator=generator)
    seen = [[(int(target) + step) % 517 for step in range(1, 9)] for target in targets]
    return states, table, targets, seen


def test_rank_does_not_depend_on_the_order_of_rows(
    large: tuple[Tensor, Tensor, Tensor, list[list[int]]],
) -> None:
    states, table, targets, seen = large
    order = torch.randperm(len(states), generator=torch.Generator().manual_seed(1))
    shuffled = masks([seen[int(row)] for row in order])
    expected = ranks(states, table, targets, masks(seen))[order]
    assert torch.equal(ranks(states[order], table, targets[order], shuffled), expected)


@pytest.mark.parametrize("rows", [1, 45, 256, 257])
def test_rank_does_not_depend_on_how_many_rows_there_are(
    large: tuple[Tensor, Tensor, Tensor, list[list[int]]], rows: int
) -> None:
    states, table, targets, seen = large
    part = ranks(states[:rows], table, targets[:rows], masks(seen[:rows]))
    assert torch.equal(part, ranks(states, table, targets, masks(seen))[:rows])


def test_scores_may_come_from_anywhere(
    large: tuple[Tensor, Tensor, Tensor, list[list[int]]],
) -> None:
    states, table, targets, seen = large
    scores = (states.double() @ table.double().T).sin()
    found = ranks_among(lambda rows: scores[rows], Asked(targets, masks(seen)), chunk=50)
    expected = [
        rank_by_sorting(row, int(target), masked)
        for row, target, masked in zip(scores.tolist(), targets, seen, strict=True)
    ]
    assert found.tolist() == expected


def test_one_state_for_all_rows_ranks_as_many_equal_ones(
    large: tuple[Tensor, Tensor, Tensor, list[list[int]]],
) -> None:
    states, table, targets, seen = large
    alike = states[:1].expand(len(targets), -1)
    mixed = torch.cat([alike, states[1:2]])  # not all alike, so computed the long way
    targets_too = torch.cat([targets, targets[:1]])
    expected = ranks(mixed, table, targets_too, masks([*seen, seen[0]]))[:-1]
    assert torch.equal(ranks(alike, table, targets, masks(seen)), expected)
    assert products(alike, table)(slice(0, 9)).stride(0) == 0  # one row in memory


def test_more_items_than_float32_counts_are_refused() -> None:
    count = Counter(Asked(torch.tensor([0]), nothing_seen(1)))
    with pytest.raises(AssertionError, match="float32 counts exactly up to here"):
        count(slice(0, 1), torch.zeros(1, 1).expand(1, 2**24))


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1, max_size=6), st.data())
def test_masks_of_chosen_rows(rows: list[list[int]], data: st.DataObject) -> None:
    index = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=8))
    found, expected = masks(rows).at(torch.tensor(index)), masks([rows[i] for i in index])
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


def test_percentiles_by_hand() -> None:
    seen = masks([[0, 3], [], [0, 1, 2, 3], [0, 1, 2]])
    allowed = candidates(seen, 5)
    assert allowed.tolist() == [3, 5, 1, 2]
    assert percentiles(torch.tensor([2, 5, 1, 2]), allowed).tolist() == [0.5, 1.0, 0.0, 1.0]
    found = Percentile().of_ranks(torch.tensor([50, 51, 1]), torch.tensor([99, 101, 1]))
    assert found == pytest.approx((49 / 98 + 50 / 100) / 3)
    assert HitRate50().of_ranks(torch.tensor([50, 51, 1]), torch.tensor([99, 101, 1])) == 2 / 3


def test_gains_sum_up_to_ndcg() -> None:
    places = torch.tensor([1, 2, 10, 11])
    assert float(gains(places).mean()) == ranking_metrics(places)["ndcg@10"]


def test_ties_count_against_the_target_and_masked_items_do_not_count() -> None:
    states, table = torch.tensor([[1.0]]), torch.tensor([[5.0], [3.0], [3.0], [3.0], [1.0]])
    target = torch.tensor([2])
    assert ranks(states, table, target, nothing_seen(1)).tolist() == [4]
    assert ranks(states, table, target, masks([[0, 3]])).tolist() == [2]


def test_equal_states_of_half_precision_are_accepted() -> None:
    table = torch.eye(3, dtype=torch.float16)
    assert ranks(table, table, torch.arange(3), nothing_seen(3)).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("state", "item"), [(math.nan, 1.0), (math.inf, 1.0), (1.0, -math.inf), (2.0**64, 2.0**64)]
)
def test_a_score_that_is_not_finite_is_an_error(state: float, item: float) -> None:
    states = torch.tensor([[1.0], [state]])
    with pytest.raises(NotFiniteError, match="rows 0 to 1"):
        ranks(states, torch.tensor([[1.0], [item]]), torch.tensor([0, 0]), nothing_seen(2))


def test_large_scores_that_are_finite_have_ranks() -> None:
    states, table = torch.tensor([[3e19, 0.0]]), torch.tensor([[0.0, 9e19], [1.0, 0.0]])
    assert ranks(states, table, torch.tensor([1]), nothing_seen(1)).tolist() == [1]


def test_scores_are_whole_float32_whatever_torch_is_set_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matmul = torch.backends.cuda.matmul
    before = matmul.fp32_precision
    precisions, multiply = [], torch.mm

    def mm(*given: Tensor, **named: Tensor) -> Tensor:
        precisions.append(matmul.fp32_precision)
        return multiply(*given, **named)

    monkeypatch.setattr(torch, "mm", mm)
    try:
        matmul.fp32_precision = "tf32"
        ranks(torch.eye(2), torch.eye(2), torch.tensor([0, 1]), nothing_seen(2))
        assert precisions == ["ieee"] and matmul.fp32_precision == "tf32"
        with pytest.raises(ZeroDivisionError), whole_float32():
            assert 1 / 0
        assert matmul.fp32_precision == "tf32"
    finally:
        matmul.fp32_precision = before


def test_no_rows_have_no_ranks() -> None:
    found = ranks(torch.zeros(0, 2), torch.ones(3, 2), torch.zeros(0), nothing_seen(0))
    assert found.dtype == torch.int64 and found.shape == (0,)


@pytest.mark.parametrize(
    ("places", "cutoff", "ndcg", "hr"),
    [
        ([1], 5, 1.0, 1.0),
        ([3], 5, 0.5, 1.0),
        ([5, 6], 5, 0.5 / math.log2(6), 0.5),
        ([10, 11, 1, 400], 10, (1 / math.log2(11) + 1) / 4, 0.5),
    ],
)
def test_scores_by_hand(places: list[int], cutoff: int, ndcg: float, hr: float) -> None:
    metrics = ranking_metrics(torch.tensor(places), [cutoff])
    assert metrics == pytest.approx({f"ndcg@{cutoff}": ndcg, f"hr@{cutoff}": hr}, abs=1e-12)
