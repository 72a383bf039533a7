"""NT-Xent against its closed forms and brute-force loops, the right one and the published one."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from recsae.sae.variants.nt_xent import LOWEST, nt_xent, nt_xent_as_published


def two_views(count: int, seed: int = 1, width: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    first, second = torch.randn(2, count, width, generator=generator, dtype=torch.float64)
    return first, second


def cosine(a: list[float], b: list[float]) -> float:
    dot = sum(p * q for p, q in zip(a, b, strict=True))
    return dot / math.sqrt(sum(p * p for p in a) * sum(q * q for q in b))


def brute_force(first: Tensor, second: Tensor, temperature: float, groups: list[int]) -> float:
    """Equation 1, pair by pair; samples of one group are not negatives of each other."""
    count, views = len(first), [*first.tolist(), *second.tolist()]
    total = 0.0
    for i in range(2 * count):
        positive = (i + count) % (2 * count)
        others = [
            m for m in range(2 * count) if m == positive or groups[m % count] != groups[i % count]
        ]
        weights = {m: math.exp(cosine(views[i], views[m]) / temperature) for m in others}
        total -= math.log(weights[positive] / sum(weights.values()))
    return total / (2 * count)


def published_brute_force(first: Tensor, second: Tensor, temperature: float) -> float:
    """Every row's own similarity is a logit of 0, and its positive is there once more."""
    count, views = len(first), [*first.tolist(), *second.tolist()]
    total = 0.0
    for i in range(2 * count):
        positive = cosine(views[i], views[(i + count) % (2 * count)]) / temperature
        logits = [cosine(views[i], v) / temperature if m != i else 0.0 for m, v in enumerate(views)]
        total -= positive - math.log(sum(map(math.exp, [positive, *logits])))
    return total / (2 * count)


def same_group(groups: list[int]) -> Tensor:
    group = torch.tensor(groups)
    return group[:, None] == group[None, :]


@given(
    groups=st.lists(st.integers(0, 4), min_size=1, max_size=7),
    temperature=st.floats(0.02, 5.0),
    seed=st.integers(0, 1000),
)
def test_it_equals_a_brute_force_loop(groups: list[int], temperature: float, seed: int) -> None:
    first, second = two_views(len(groups), seed)
    ours = nt_xent(first, second, temperature, same_group(groups)).item()
    expected = brute_force(first, second, temperature, groups)
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_without_groups_all_others_are_negatives(temperature: float) -> None:
    first, second = two_views(5)
    expected = brute_force(first, second, temperature, list(range(5)))
    assert nt_xent(first, second, temperature).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("temperature", [0.02, 0.3])
@pytest.mark.parametrize("groups", [[0, 1, 2, 3], [0, 0, 1, 0], [0, 0, 0, 0]])
def test_its_gradient_is_that_of_its_value(groups: list[int], temperature: float) -> None:
    views = [view.requires_grad_() for view in two_views(4)]
    torch.autograd.gradcheck(lambda a, b: nt_xent(a, b, temperature, same_group(groups)), views)


def test_there_is_no_step_where_the_way_of_computing_changes() -> None:
    views = [view.float() for view in two_views(50)]
    below, above = (nt_xent(*views, LOWEST * factor).item() for factor in (1 - 1e-6, 1 + 1e-6))
    assert below == pytest.approx(above, rel=1e-4)


def test_one_sample_has_no_negatives() -> None:
    first, second = two_views(1)
    assert nt_xent(first, second, 0.07).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("count", [2, 5, 40])
@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0])
def test_equal_views_of_orthogonal_samples(count: int, temperature: float) -> None:
    views = torch.eye(count, dtype=torch.float64)
    expected = math.log(1 + 2 * (count - 1) * math.exp(-1 / temperature))
    assert nt_xent(views, views, temperature).item() == pytest.approx(expected, rel=1e-6, abs=1e-14)


@pytest.mark.parametrize("temperature", [1e-3, 1e3])
def test_extreme_temperatures_stay_finite(temperature: float) -> None:
    first, second = (view.float().requires_grad_() for view in two_views(6))
    loss = nt_xent(first, second, temperature)
    (gradient,) = torch.autograd.grad(loss, first)
    assert loss.isfinite() and gradient.isfinite().all()


@pytest.mark.parametrize("temperature", [0.07, 0.5])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_published_form_equals_its_own_loop(count: int, temperature: float) -> None:
    first, second = two_views(count)
    expected = published_brute_force(first, second, temperature)
    ours = nt_xent_as_published(first, second, temperature).item()
    assert ours == pytest.approx(expected, rel=1e-10)


def test_the_published_form_of_one_sample_is_not_zero() -> None:
    """Two positives of e^(1/t) and a one for the row itself: ln(2 + e^(-1/t)) for equal views."""
    view = torch.tensor([[3.0, 4.0]], dtype=torch.float64)
    expected = math.log(2 + math.exp(-1 / 0.5))
    assert nt_xent_as_published(view, view, 0.5).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("temperature", [0.01, 0.07])
@pytest.mark.parametrize("excluding", [True, False])
@pytest.mark.parametrize("real", [[0, 1, 2, 3, 4, 5], [0, 1, 2], [0, 2, 5], [3]])
def test_samples_that_are_not_real_are_as_if_they_were_not_there(
    real: list[int], excluding: bool, temperature: float
) -> None:
    generator = torch.Generator().manual_seed(1)
    first, second = (torch.randn(6, 4, generator=generator).double() for _ in range(2))
    item = torch.tensor([0, 1, 0, 2, 1, 0])
    excluded = item[:, None] == item if excluding else None
    real_S = torch.zeros(6, dtype=torch.bool)
    real_S[real] = True
    views = [part.requires_grad_() for part in (first, second)]
    ours = nt_xent(*views, temperature, excluded, real_S)
    chosen = None if excluded is None else excluded[real_S][:, real_S]
    expected = nt_xent(*(view[real_S] for view in views), temperature, chosen)
    torch.testing.assert_close(ours, expected)
    for one, other in zip(
        torch.autograd.grad(ours, views), torch.autograd.grad(expected, views), strict=True
    ):
        torch.testing.assert_close(one, other)
