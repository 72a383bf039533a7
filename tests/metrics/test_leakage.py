"""The figures of the audit are those of their definition; honest models are not accused."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from metrics.planted_leaks import WIDTH, Code, Honest
from torch import Tensor

from recsae.metrics import leakage
from recsae.metrics.leakage import Audit, derangement, leak_audit, leaks, written_anew


class Leaking(Honest):
    """Adds a little of x, given openly."""

    def __init__(self, amount: float) -> None:
        self.amount = amount

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return self.decode(code) + self.amount * x


class Remembering(Leaking):
    """Adds a little of the x that it was last asked to encode."""

    def encode(self, x: Tensor) -> Any:
        self.last = x
        return super().encode(x)

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return self.decode(code) + self.amount * self.last


class Unconditional(Honest):
    """Says the same thing whatever the code: a good guess where rows are alike."""

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return torch.ones(len(x), WIDTH)


def rows(count: int = 300) -> Tensor:
    return torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(4))


def bare(code: Any, generator: torch.Generator) -> Code:
    return Code(*written_anew(code.values, code.indices, WIDTH, generator))


def audit(model: Honest, x: Tensor, deep: bool = False) -> Audit:
    return leak_audit(x, model, bare=bare, deep=deep)


def figures(model: Honest, x: Tensor) -> dict[str, float]:
    return audit(model, x).figures


def test_an_honest_model_does_not_leak() -> None:
    found = figures(Honest(), rows())
    assert found["leak_share"] == 0 and not leaks(found)
    assert found["fvu"] == found["fvu_code"] < 0.6
    assert found["fvu_permuted"] > 1.5 and found["fvu_zeroed"] >= 1.0
    assert set(found) == {"fvu", "fvu_code", "fvu_permuted", "fvu_zeroed", "leak_share"}


def test_a_model_that_says_the_same_for_every_row_explains_nothing() -> None:
    found = figures(Unconditional(), rows() + 1)
    assert found["fvu"] == found["fvu_permuted"] == found["fvu_zeroed"] >= 1.0
    assert not leaks(found)


@pytest.mark.parametrize("kind", [Leaking, Remembering])
def test_the_share_is_that_of_what_flows_past_the_code(kind: type[Leaking]) -> None:
    for amount in (1.0, 0.1, 0.002):
        found = figures(kind(amount), rows())
        # Two independent rows differ by twice the variance.
        assert found["leak_share"] == pytest.approx(2 * amount**2, rel=0.15)
        assert leaks(found)


@pytest.mark.parametrize("kind", [Leaking, Remembering])
def test_fvu_without_the_code_shows_what_flows_past_it(kind: type[Leaking]) -> None:
    found = figures(kind(0.5), rows())
    assert found["fvu_zeroed"] == pytest.approx(0.25, rel=0.02)
    assert found["fvu_code"] == pytest.approx(figures(Honest(), rows())["fvu_code"])


def test_the_figures_are_those_of_the_definition() -> None:
    x, model = rows(40), Leaking(0.3)
    found = audit(model, x)
    code, whole = model.encode(x), ((x - x.mean(0)) ** 2).sum()

    def share(error: Tensor) -> float:
        return ((error**2).sum() / whole).item()

    swapped = [model.reconstruct(Code(*(part[i] for part in code)), x) for i in found.others_PR]
    nothing = model.reconstruct(Code(torch.zeros(40, 2), code.indices), x)
    expected = {
        "fvu": share(x - model.reconstruct(code, x)),
        "fvu_code": share(x - model.decode(code)),
        "fvu_permuted": sum(share(x - recon) for recon in swapped) / 5,
        "fvu_zeroed": share(x - nothing),
    }
    assert {name: found.figures[name] for name in expected} == pytest.approx(expected, rel=1e-5)
    foreign = model.reconstruct(code, x[found.others_PR[0]])
    # At least that of the definition: the copies apart are given yet other rows.
    least = share(foreign - model.reconstruct(code, x))
    assert least * (1 - 1e-5) <= found.figures["leak_share"] < 1.3 * least


def test_many_blocks_agree_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = figures(Remembering(0.1), rows())
    monkeypatch.setattr(leakage, "BLOCK_ROWS", 64)
    parts = audit(Remembering(0.1), rows())
    for name in ("fvu", "fvu_code", "fvu_zeroed"):
        assert parts.figures[name] == pytest.approx(whole[name], rel=1e-6)
    for name in ("fvu_permuted", "leak_share"):
        assert parts.figures[name] == pytest.approx(whole[name], rel=0.15)
    for others_R in parts.others_PR:
        assert sorted(others_R.tolist()) == list(range(300))
        assert not (others_R == torch.arange(300)).any()


def test_a_deep_audit_keeps_what_is_ranked() -> None:
    x, model = rows(), Leaking(0.1)
    found = audit(model, x, deep=True)
    code = model.encode(x)
    assert torch.equal(found.kept["code"], model.decode(code))
    for index, others_R in enumerate(found.others_PR):
        swapped = model.reconstruct(Code(code.values[others_R], code.indices[others_R]), x)
        assert torch.equal(found.kept["permuted"][index], swapped)
    assert not audit(model, x).kept
    # What leaks nothing gives its own reconstructions in another order: they need no keeping.
    assert set(audit(Honest(), x, deep=True).kept) == {"code", "zeroed", "foreign"}


def test_the_audit_is_repeatable_and_leaves_the_generator_and_the_model_alone() -> None:
    before, model = torch.get_rng_state(), Remembering(0.1)
    model.last = torch.ones(1, WIDTH)
    assert figures(model, rows()) == figures(model, rows())
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(model.last, torch.ones(1, WIDTH))


class Dense(Honest):
    """A code of one tensor."""

    def encode(self, x: Tensor) -> Any:
        return x[:, :3]

    def decode(self, code: Any) -> Tensor:
        return torch.cat([code, torch.zeros(len(code), WIDTH - 3)], dim=1)


def test_a_code_may_be_one_tensor() -> None:
    found = leak_audit(rows(), Dense()).figures
    assert not leaks(found) and 0.3 < found["fvu"] < 0.7


def test_two_rows_are_enough() -> None:
    assert not leaks(figures(Honest(), torch.tensor([[1.0, 2, 0, 0, 0, 0], [0, 0, 3.0, 1, 0, 0]])))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"leak_share": 1e-6}, False),
        ({"leak_share": 1.1e-6}, True),
        ({"fvu_permuted": 0.95}, False),
        ({"fvu_permuted": 0.94}, True),
        ({"fvu_zeroed": 0.95}, False),
        ({"fvu_zeroed": 0.94}, True),
        ({"leak_rank": 0.01}, False),
        ({"leak_rank": 0.02}, True),
        ({"fvu_zeroed": float("nan")}, True),
        ({"fvu_permuted": float("nan")}, True),
        ({"leak_share": float("nan")}, True),
        ({"leak_rank": float("nan")}, True),
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


@given(data=st.data(), places=st.integers(1, 6), more=st.integers(0, 9), seed=st.integers(0, 99))
def test_a_code_written_anew_is_the_same_set(
    data: st.DataObject, places: int, more: int, seed: int
) -> None:
    latents = places + more
    order = st.permutations(range(latents)).map(lambda all_of_them: all_of_them[:places])
    indices = torch.tensor([data.draw(order) for _ in range(4)])
    number = st.sampled_from([0.0, 0.5, 2.0])
    values = torch.tensor([[data.draw(number) for _ in range(places)] for _ in range(4)])
    generator = torch.Generator().manual_seed(seed)
    new_values, new_indices = written_anew(values, indices, latents, generator)
    assert new_values.shape == new_indices.shape == values.shape
    for row in range(4):
        named = new_indices[row].tolist()
        assert len(set(named)) == places and 0 <= min(named) <= max(named) < latents
    dense = torch.zeros(4, latents).scatter(1, indices, values)
    assert torch.equal(torch.zeros(4, latents).scatter(1, new_indices, new_values), dense)


def test_an_empty_place_says_nothing() -> None:
    values = torch.tensor([[0.0, 3.0], [0.0, 3.0]])
    two = torch.tensor([[7, 2], [5, 2]])  # they differ in what the empty place names
    _, indices = written_anew(values, two, 9, torch.Generator())
    assert sorted(indices[0].tolist()) == sorted(indices[1].tolist()) == [0, 2]
