"""The terms of the loss against closed forms, a brute-force loop and a dense oracle."""

import math

import pytest
import torch
from torch import Tensor

from recsae.sae.base import SAESettings
from recsae.sae.losses import batch_spread, loss_terms, nt_xent, squared_error
from recsae.sae.model import SparseAutoencoder
from recsae.sae.rows import Rows
from recsae.sae.topk import TopK

WIDTH = 6


def autoencoder(**settings: float) -> SparseAutoencoder:
    torch.manual_seed(3)
    values = {"sae_k": 2, "sae_scale_size": 4, "sae_auxk": 0.25} | settings
    sae = SparseAutoencoder(TopK(), SAESettings.of(values), WIDTH).double()
    with torch.no_grad():
        for parameter in (sae.b_dec, sae.b_enc):
            parameter.add_(0.1 * torch.randn_like(parameter))
        sae.W_enc.add_(0.1 * torch.randn_like(sae.W_enc))
    return sae


def dense_loss(sae: SparseAutoencoder, x: Tensor, dead: list[int], weight: float) -> Tensor:
    """TopK + AuxK as the papers write them: every latent of every row, one row at a time."""
    recon, error_explained = [], []
    half = WIDTH // 2
    for row in x:
        pre = torch.clamp(sae.W_enc @ (row - sae.b_dec) + sae.b_enc, min=0)
        best = torch.argsort(pre, descending=True)[: sae.settings.sae_k]
        recon.append(sum(pre[j] * sae.W_dec[j] for j in best) + sae.b_dec)
        mine = torch.tensor(dead)[torch.argsort(pre[dead], descending=True)[:half]]
        error_explained.append(sum(pre[j] * sae.W_dec[j] for j in mine))
    fit, explained = torch.stack(recon), torch.stack(error_explained)
    denominator = ((x - x.mean(0)) ** 2).sum()
    residual = (x - fit).detach()
    scale = min(1.0, len(dead) / half)
    aux = scale * ((residual - explained) ** 2).sum() / denominator
    return ((x - fit) ** 2).sum() / denominator + weight * aux


@pytest.mark.parametrize("dead", [[4], [0, 9], [1, 2, 3, 11, 20, 23]])
def test_topk_and_auxk_equal_a_dense_oracle(dead: list[int]) -> None:
    sae = autoencoder()
    x = torch.randn(17, WIDTH, dtype=torch.float64) + 1
    parameters = list(sae.parameters())
    terms = loss_terms(sae, Rows(x), sae(x), torch.tensor(dead))
    expected = dense_loss(sae, x, dead, 0.25)
    assert terms.auxk > 0
    torch.testing.assert_close(terms.loss, expected)
    ours = torch.autograd.grad(terms.loss, parameters)
    for mine, theirs in zip(ours, torch.autograd.grad(expected, parameters), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_auxk_rewards_a_dead_latent_that_points_along_the_error() -> None:
    sae = autoencoder()
    x = torch.randn(50, WIDTH, dtype=torch.float64)
    dead = torch.tensor([5])
    activation = torch.clamp((x - sae.b_dec) @ sae.W_enc[5] + sae.b_enc[5], min=0).detach()

    recon = sae(x).detach()
    direction = ((x - recon) * activation[:, None]).sum(0)

    def aux_with(length: float) -> float:
        with torch.no_grad():
            sae.W_dec[5] = length * direction / direction.norm()
        return loss_terms(sae, Rows(x), recon, dead).auxk.item()

    assert aux_with(0.01) < aux_with(0) < aux_with(-0.01)


def test_auxk_does_not_train_the_reconstruction() -> None:
    sae = autoencoder()
    x = torch.randn(20, WIDTH, dtype=torch.float64)
    active = sae.encode(x).indices_BK.unique()
    dead = torch.tensor([j for j in range(sae.latents) if j not in active.tolist()][:4])
    terms = loss_terms(sae, Rows(x), sae(x), dead)
    gradient = torch.autograd.grad(terms.auxk, sae.W_dec)[0]
    assert not gradient[active].any() and gradient[dead].any()


@pytest.mark.parametrize(("weight", "dead"), [(0.0, [1, 2]), (0.5, [])])
def test_without_weight_or_dead_latents_there_is_no_auxk(weight: float, dead: list[int]) -> None:
    sae = autoencoder(sae_auxk=weight)
    x = torch.randn(9, WIDTH, dtype=torch.float64)
    terms = loss_terms(sae, Rows(x), sae(x), torch.tensor(dead, dtype=torch.int64))
    assert terms.auxk == 0 and torch.equal(terms.loss, terms.fvu)


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], 4.0),
        ([[3.0, 4.0]], 25.0),
        ([[3.0, 4.0], [3.0, 4.0]], 50.0),
        ([[0.0, 0.0]], 1.0),
    ],
)
def test_spread_of_a_constant_batch_is_its_length(
    batch: list[list[float]], expected: float
) -> None:
    assert batch_spread(torch.tensor(batch)).item() == expected


def test_squared_error_is_summed_over_rows_and_width() -> None:
    assert squared_error(torch.ones(2, 3), torch.zeros(2, 3)) == 6


def brute_force_nt_xent(
    first: Tensor, second: Tensor, temperature: float, excluded: list[set[int]]
) -> float:
    count = len(first)
    views = [*first.tolist(), *second.tolist()]

    def similarity(a: list[float], b: list[float]) -> float:
        dot = sum(p * q for p, q in zip(a, b, strict=True))
        return dot / math.sqrt(sum(p * p for p in a) * sum(q * q for q in b))

    total = 0.0
    for i in range(2 * count):
        positive = (i + count) % (2 * count)
        weights = {
            m: math.exp(similarity(views[i], views[m]) / temperature)
            for m in range(2 * count)
            if m != i and m % count not in excluded[i % count]
        }
        total -= math.log(weights[positive] / sum(weights.values()))
    return total / (2 * count)


@pytest.mark.parametrize("temperature", [0.07, 0.5, 2.0])
@pytest.mark.parametrize("groups", [[0, 1, 2, 3, 4], [0, 0, 1, 2, 2], [0, 0, 0, 0, 0]])
def test_nt_xent_equals_a_brute_force_loop(temperature: float, groups: list[int]) -> None:
    generator = torch.Generator().manual_seed(1)
    first, second = torch.randn(2, 5, 4, generator=generator, dtype=torch.float64)
    group = torch.tensor(groups)
    same = group[:, None] == group[None, :]
    excluded = [{j for j in range(5) if j != i and groups[i] == groups[j]} for i in range(5)]
    assert nt_xent(first, second, temperature, same).item() == pytest.approx(
        brute_force_nt_xent(first, second, temperature, excluded), rel=1e-10
    )


def test_nt_xent_of_one_sample_is_zero() -> None:
    assert nt_xent(torch.randn(1, 4), torch.randn(1, 4), 0.07).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0])
def test_nt_xent_of_equal_views_of_orthogonal_samples(count: int, temperature: float) -> None:
    views = torch.eye(count, dtype=torch.float64)
    expected = math.log(1 + 2 * (count - 1) * math.exp(-1 / temperature))
    assert nt_xent(views, views, temperature).item() == pytest.approx(expected, rel=1e-10)
