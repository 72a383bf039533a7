"""The chunked loss against torch's, value and gradients."""

import pytest
import torch
from recommenders.training.tensor_watch import Watch
from torch import Tensor
from torch.nn import functional

from recsae.recommenders.training import cross_entropy as loss_module
from recsae.recommenders.training.cross_entropy import cross_entropy


def gradients(loss: Tensor, *leaves: Tensor) -> list[Tensor]:
    return [loss.detach(), *torch.autograd.grad(loss * 3, leaves)]


@pytest.mark.parametrize("score_bytes", [1, 4 * 37 * 3, 2**20])
def test_loss_and_gradients_are_those_of_torch(
    score_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_module, "SCORE_BYTES", score_bytes)
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(11, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    table = torch.randn(37, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    target = torch.randint(0, 37, (11,), generator=generator)
    expected = gradients(functional.cross_entropy(hidden @ table.T, target), hidden, table)
    found = gradients(cross_entropy(hidden, table, target), hidden, table)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_large_scores_do_not_overflow() -> None:
    hidden = torch.tensor([[1e4]], requires_grad=True)
    table = torch.tensor([[1.0], [-1.0]], requires_grad=True)
    value, *grads = gradients(cross_entropy(hidden, table, torch.tensor([1])), hidden, table)
    assert value == 2e4
    assert all(torch.isfinite(grad).all() for grad in grads)


def test_no_more_scores_than_the_budget_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every matrix made on the way is looked at, so one that holds all scores would be found."""
    monkeypatch.setattr(loss_module, "SCORE_BYTES", 4 * 100 * 16)
    hidden, table = torch.randn(200, 4), torch.randn(100, 4)
    with Watch() as watch:
        cross_entropy(hidden, table, torch.zeros(200, dtype=torch.int64))
    assert watch.largest == 100 * 16
