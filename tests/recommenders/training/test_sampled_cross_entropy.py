"""The sampled loss against the full one, a loop over positions, and what chance makes of it."""

import pytest
import torch
from recommenders.training.tensor_watch import Watch
from torch import Tensor
from torch.nn import functional

from recsae.recommenders.training import cross_entropy as full
from recsae.recommenders.training.cross_entropy import cross_entropy
from recsae.recommenders.training.sampled_cross_entropy import sampled_cross_entropy

POSITIONS, ITEMS, WIDTH = 11, 37, 5


@pytest.fixture
def parts() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(POSITIONS, WIDTH, generator=generator, dtype=torch.float64)
    table = torch.randn(ITEMS, WIDTH, generator=generator, dtype=torch.float64)
    target = torch.randint(0, ITEMS, (POSITIONS,), generator=generator)
    return hidden.requires_grad_(), table.requires_grad_(), target


def gradients(loss: Tensor, *leaves: Tensor) -> list[Tensor]:
    return [loss.detach(), *torch.autograd.grad(loss * 3, leaves)]


def drawn(count: int) -> Tensor:
    """Draw what the loss draws from the same state of torch's generator."""
    return torch.randperm(ITEMS)[:count]


def assert_same(found: list[Tensor], expected: list[Tensor]) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("score_bytes", [1, 4 * ITEMS * 3, 2**20])
@pytest.mark.parametrize("negatives", [ITEMS, ITEMS + 1, 10**9])
def test_with_every_item_drawn_it_is_the_full_loss(
    parts: tuple[Tensor, Tensor, Tensor],
    negatives: int,
    score_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hidden, table, _ = parts
    expected = gradients(cross_entropy(*parts), hidden, table)
    monkeypatch.setattr(full, "SCORE_BYTES", score_bytes)
    assert_same(gradients(sampled_cross_entropy(*parts, negatives), hidden, table), expected)


@pytest.mark.parametrize("score_bytes", [1, 4 * 7 * 4, 2**20])
@pytest.mark.parametrize("negatives", [1, 7, ITEMS - 1])
def test_loss_and_gradients_are_those_of_a_loop(
    parts: tuple[Tensor, Tensor, Tensor],
    negatives: int,
    score_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(full, "SCORE_BYTES", score_bytes)
    hidden, table, target = parts
    with torch.random.fork_rng():
        torch.manual_seed(1)
        items = drawn(negatives)
        torch.manual_seed(1)
        found = gradients(sampled_cross_entropy(*parts, negatives), hidden, table)
    total = torch.zeros((), dtype=torch.float64)
    for state, item in zip(hidden, target, strict=True):
        others = sum(
            (ITEMS / negatives * (state @ table[other]).exp() for other in items if other != item),
            start=torch.zeros(()),
        )
        hit = state @ table[item]
        total = total + (hit.exp() + others).log() - hit
    assert_same(found, gradients(total / POSITIONS, hidden, table))


def test_gradients_are_those_of_finite_differences(parts: tuple[Tensor, Tensor, Tensor]) -> None:
    hidden, table, target = parts

    def loss(hidden: Tensor, table: Tensor) -> Tensor:
        with torch.random.fork_rng():
            torch.manual_seed(2)
            return sampled_cross_entropy(hidden, table, target, 6)

    assert torch.autograd.gradcheck(loss, (hidden, table))


def test_what_is_summed_is_right_on_average(parts: tuple[Tensor, Tensor, Tensor]) -> None:
    """For a single position e^(loss + s_y) is the estimated sum of all e^s."""
    hidden, table, _ = (part.detach() for part in parts)
    target = torch.tensor([4])
    exact = float((hidden[:1] @ table.T).exp().sum())
    hit = float(hidden[0] @ table[4])
    with torch.random.fork_rng():
        torch.manual_seed(3)
        draws = [float(sampled_cross_entropy(hidden[:1], table, target, 9)) for _ in range(4000)]
    sums = torch.tensor([loss + hit for loss in draws]).exp()
    assert abs(float(sums.mean()) - exact) < 4 * float(sums.std()) / len(sums) ** 0.5


def test_equal_scores_give_the_logarithm_of_the_items() -> None:
    hidden, table = torch.zeros(3, 2), torch.ones(ITEMS, 2)
    target = torch.tensor([0, 1, 2])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        while bool(torch.isin(drawn(10), target).any()):
            state = torch.random.get_rng_state()
        torch.random.set_rng_state(state)
        found = sampled_cross_entropy(hidden, table, target, 10)
    torch.testing.assert_close(found, torch.tensor(1.0 + ITEMS).log())


def test_large_scores_do_not_overflow() -> None:
    hidden = torch.tensor([[1e4]], requires_grad=True)
    table = torch.tensor([[1.0], [-1.0]], requires_grad=True)
    for target, expected in ((1, 2e4), (0, 0.0)):
        loss = sampled_cross_entropy(hidden, table, torch.tensor([target]), 2)
        value, *grads = gradients(loss, hidden, table)
        assert value == expected
        assert all(torch.isfinite(grad).all() for grad in grads)


def test_no_more_scores_than_the_budget_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every matrix made on the way is looked at, so one that holds all scores would be found."""
    monkeypatch.setattr(full, "SCORE_BYTES", 4 * 100 * 16)
    hidden, table = torch.randn(200, 4), torch.randn(150, 4)
    with Watch() as watch:
        sampled_cross_entropy(hidden, table, torch.zeros(200, dtype=torch.int64), 100)
    assert watch.largest == 100 * 16


def test_a_softmax_of_torch_gives_the_same_when_no_target_is_drawn() -> None:
    hidden, table = torch.randn(1, WIDTH), torch.randn(ITEMS, WIDTH)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        items = drawn(8)
        outside = int(next(item for item in range(ITEMS) if item not in items))
        torch.manual_seed(5)
        found = sampled_cross_entropy(hidden, table, torch.tensor([outside]), 8)
    shift = torch.full((8,), ITEMS / 8).log()
    scores = torch.cat([hidden @ table[outside, :, None], hidden @ table[items].T + shift], 1)
    torch.testing.assert_close(found, functional.cross_entropy(scores, torch.tensor([0])))
