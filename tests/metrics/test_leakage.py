"""Planted leaks are found, small and hidden ones too; honest models are not accused."""

from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from recsae.metrics import leakage
from recsae.metrics.leakage import derangement, leak_audit, leaks

WIDTH = 6


class Code(NamedTuple):
    values: Tensor
    indices: Tensor


class Honest:
    """Keeps the two largest entries of a row: an autoencoder whose dictionary is the identity."""

    def encode(self, x: Tensor) -> Any:
        top = x.abs().topk(2, dim=1).indices
        return Code(x.gather(1, top), top)

    def linear(self, code: Any) -> Tensor:
        return torch.zeros(len(code.values), WIDTH).scatter(1, code.indices, code.values)

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return self.linear(code)


class Leaking(Honest):
    """Adds a little of x, given openly."""

    def __init__(self, amount: float) -> None:
        self.amount = amount

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return self.linear(code) + self.amount * x


class Remembering(Leaking):
    """Adds a little of the x that it was last asked to encode."""

    def encode(self, x: Tensor) -> Any:
        self.last = x
        return super().encode(x)

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return self.linear(code) + self.amount * self.last


class Unconditional(Honest):
    """Says the same thing whatever the code: a good guess where rows are alike."""

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return torch.ones(len(x), WIDTH)


def rows(count: int = 300) -> Tensor:
    return torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(4))


def audit(model: Honest, x: Tensor) -> dict[str, float]:
    return leak_audit(x, model.encode, model.reconstruct, model.linear)


def test_an_honest_model_does_not_leak() -> None:
    found = audit(Honest(), rows())
    assert found["leak_share"] == 0 and found["leak"] == 0.0
    assert found["fvu"] == found["fvu_code"] < 0.6
    assert found["fvu_permuted"] > 1.5 and found["fvu_zeroed"] >= 1.0
    assert set(found) == {"fvu", "fvu_code", "fvu_permuted", "fvu_zeroed", "leak_share", "leak"}


def test_a_model_that_says_the_same_for_every_row_explains_nothing() -> None:
    found = audit(Unconditional(), rows() + 1)
    assert found["fvu"] == found["fvu_permuted"] == found["fvu_zeroed"] >= 1.0
    assert found["leak"] == 0.0


@pytest.mark.parametrize("amount", [1.0, 0.1, 0.002])
@pytest.mark.parametrize("kind", [Leaking, Remembering])
def test_a_planted_leak_is_found(kind: type[Leaking], amount: float) -> None:
    found = audit(kind(amount), rows())
    # Two independent rows differ by twice the variance.
    assert found["leak_share"] == pytest.approx(2 * amount**2, rel=0.1)
    assert found["leak"] == 1.0


@pytest.mark.parametrize("kind", [Leaking, Remembering])
def test_fvu_without_the_code_shows_what_flows_past_it(kind: type[Leaking]) -> None:
    found = audit(kind(0.5), rows())
    assert found["fvu_zeroed"] == pytest.approx(0.25, rel=0.02)
    assert found["fvu_code"] == pytest.approx(audit(Honest(), rows())["fvu_code"])


def test_the_figures_are_those_of_the_definition() -> None:
    x, model = rows(40), Leaking(0.3)
    generator = torch.Generator().manual_seed(0)
    code, pis = model.encode(x), [derangement(40, generator) for _ in range(5)]
    whole = ((x - x.mean(0)) ** 2).sum()

    def share(error: Tensor) -> float:
        return ((error**2).sum() / whole).item()

    swapped = [model.reconstruct(Code(*(part[pi] for part in code)), x) for pi in pis]
    leaked = model.reconstruct(code, x[pis[0]])
    nothing = model.reconstruct(Code(torch.zeros(40, 2), code.indices), x)
    expected = {
        "fvu": share(x - model.reconstruct(code, x)),
        "fvu_code": share(x - model.linear(code)),
        "fvu_permuted": sum(share(x - recon) for recon in swapped) / 5,
        "fvu_zeroed": share(x - nothing),
        "leak_share": share(leaked - model.reconstruct(code, x)),
        "leak": 1.0,
    }
    assert audit(model, x) == pytest.approx(expected, rel=1e-5)


def test_many_blocks_agree_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = audit(Remembering(0.1), rows())
    monkeypatch.setattr(leakage, "BLOCK_ROWS", 64)
    parts = audit(Remembering(0.1), rows())
    for name in ("fvu", "fvu_code", "fvu_zeroed"):
        assert parts[name] == pytest.approx(whole[name], rel=1e-6)
    for name in ("fvu_permuted", "leak_share"):
        assert parts[name] == pytest.approx(whole[name], rel=0.1)


def test_the_audit_is_repeatable_and_leaves_the_generator_alone() -> None:
    before = torch.get_rng_state()
    assert audit(Leaking(0.1), rows()) == audit(Leaking(0.1), rows())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_code_may_be_one_tensor() -> None:
    found = leak_audit(rows(), lambda x: x[:, :3], lambda c, _: pad(c), pad)
    assert found["leak"] == 0.0 and 0.3 < found["fvu"] < 0.7


def pad(code: Tensor) -> Tensor:
    return torch.cat([code, torch.zeros(len(code), WIDTH - 3)], dim=1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"leak_share": 0.9e-6}, False),
        ({"leak_share": 1.1e-6}, True),
        ({"fvu_permuted": 0.94}, True),
        ({"fvu_zeroed": 0.94}, True),
        ({"fvu_zeroed": float("nan")}, True),
        ({"fvu_permuted": float("nan")}, True),
        ({"leak_share": float("nan")}, True),
    ],
)
def test_the_verdict(changes: dict[str, float], expected: bool) -> None:
    sound = {"leak_share": 0.0, "fvu_permuted": 1.8, "fvu_zeroed": 1.0}
    assert leaks(sound | changes) is expected


@given(count=st.integers(2, 60), seed=st.integers(0, 50))
def test_a_derangement_leaves_nothing_in_place(count: int, seed: int) -> None:
    places = derangement(count, torch.Generator().manual_seed(seed))
    assert sorted(places.tolist()) == list(range(count))
    assert not (places == torch.arange(count)).any()
