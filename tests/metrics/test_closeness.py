"""KL and the overlap of the top against their definitions, in the pass that also ranks."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made_seen import nothing_seen
from torch import Tensor

from recsae.metrics.closeness import closeness
from recsae.metrics.ranking import Asked, Products, Seen, ranks

ITEMS, WIDTH = 40, 5


def problem(rows: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Asked]:
    generator = torch.Generator().manual_seed(seed)
    base, noise = torch.randn(2, rows, WIDTH, generator=generator)
    table = torch.randn(ITEMS, WIDTH, generator=generator)
    target = torch.randint(ITEMS, (rows,), generator=generator)
    shift = torch.arange(1, 7)
    seen = (target[:, None] + shift) % ITEMS
    masks = Seen(torch.arange(rows + 1) * len(shift), seen.flatten().int())
    return base, base + 0.5 * noise, table, Asked(target, masks)


@given(rows=st.integers(1, 9), seed=st.integers(0, 50), chunk=st.integers(1, 10))
def test_it_is_the_definition(rows: int, seed: int, chunk: int) -> None:
    base, ours, table, asked = problem(rows, seed)
    scores = [Products(states, table, chunk) for states in (ours, base)]
    found = closeness(scores[0], scores[1], [asked, asked], asked.seen, chunk)
    for row in range(rows):
        start, end = asked.seen.offsets[row : row + 2]
        allowed = sorted(set(range(ITEMS)) - set(asked.seen.items[start:end].tolist()))
        p, q = ((x[row].double() @ table.double().T)[allowed].log_softmax(0) for x in (base, ours))
        assert found.kl_R[row] == pytest.approx(float((p.exp() * (p - q)).sum()), abs=1e-5)
        tops = [set(scores.topk(10).indices.tolist()) for scores in (p, q)]
        assert found.overlap_R[row] == pytest.approx(len(tops[0] & tops[1]) / 10)
    expected = ranks(ours, table, asked.targets_R, asked.seen, chunk)
    assert all(torch.equal(rank_R, expected) for rank_R in found.ranks)


def test_a_model_is_close_to_itself() -> None:
    base, _, table, asked = problem(30, 0)
    found = closeness(Products(base, table), Products(base, table), [asked], asked.seen)
    assert bool((found.kl_R == 0).all()) and bool((found.overlap_R == 1).all())


def test_where_few_items_are_allowed_all_of_them_are_the_top() -> None:
    base, ours, table, _ = problem(1, 1)
    few = Seen(torch.tensor([0, ITEMS - 3]), torch.arange(3, ITEMS))
    found = closeness(Products(ours, table), Products(base, table), [], few)
    assert found.overlap_R.tolist() == [1.0] and float(found.kl_R) > 0
    small = closeness(Products(ours, table[:4]), Products(base, table[:4]), [], nothing_seen(1))
    assert small.overlap_R.tolist() == [1.0]
