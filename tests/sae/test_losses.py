"""The terms of the loss against closed forms and a dense oracle."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from recsae.sae.base import SAESettings
from recsae.sae.losses import DEFAULT, batch_spread, loss_terms, squared_error
from recsae.sae.model import SparseAutoencoder
from recsae.sae.recipes import Recipe
from recsae.sae.rows import Rows
from recsae.sae.variants.topk import TopK

WIDTH = 6


def autoencoder(seed: int = 3, width: int = WIDTH, **settings: float) -> SparseAutoencoder:
    torch.manual_seed(seed)
    values = {"sae_k": 2, "sae_scale_size": 4, "sae_auxk": 0.25} | settings
    sae = SparseAutoencoder(TopK(), SAESettings.of(values), width).double()
    with torch.no_grad():
        for parameter in (sae.b_dec, sae.b_enc):
            parameter.add_(0.1 * torch.randn_like(parameter))
        sae.W_enc.add_(0.1 * torch.randn_like(sae.W_enc))
    return sae


def dense_loss(
    sae: SparseAutoencoder, x: Tensor, dead: list[int], recipe: Recipe = DEFAULT
) -> Tensor:
    """TopK + AuxK as the papers write them: every latent of every row, one row at a time."""
    recon, error_explained = [], []
    half = sae.width // 2
    for row in x:
        pre = torch.clamp(sae.W_enc @ (row - sae.b_dec) + sae.b_enc, min=0)
        best = torch.argsort(pre, descending=True)[: sae.settings.sae_k]
        recon.append(sum(pre[j] * sae.W_dec[j] for j in best) + sae.b_dec)
        mine = torch.tensor(dead)[torch.argsort(pre[dead], descending=True)[:half]]
        error_explained.append(sum(pre[j] * sae.W_dec[j] for j in mine))
    fit, explained = torch.stack(recon), torch.stack(error_explained)
    denominator = ((x - x.mean(0)) ** 2).sum()
    residual = x - fit if recipe.auxk_sign else fit - x
    residual = residual.detach() if recipe.auxk_detached else residual
    explained = explained if recipe.auxk_no_bias else explained + sae.b_dec
    scale = min(1.0, len(dead) / half)
    aux = scale * ((residual - explained) ** 2).sum() / denominator
    return ((x - fit) ** 2).sum() / denominator + sae.settings.sae_auxk * aux


AUXK = ("auxk_sign", "auxk_detached", "auxk_no_bias")


def check(sae: SparseAutoencoder, x: Tensor, dead: list[int], recipe: Recipe) -> None:
    terms = loss_terms(sae, Rows(x), sae.encode(x), sae(x), torch.tensor(dead), recipe)
    expected = dense_loss(sae, x, dead, recipe)
    torch.testing.assert_close(terms.loss, expected)
    parameters = list(sae.parameters())
    ours = torch.autograd.grad(terms.loss, parameters)
    for mine, theirs in zip(ours, torch.autograd.grad(expected, parameters), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("dead", [[4], [0, 9], [1, 2, 3, 11, 20, 23]])
@pytest.mark.parametrize("recipe", [DEFAULT, *map(DEFAULT.changed, AUXK), Recipe.published()])
def test_topk_and_auxk_equal_a_dense_oracle(recipe: Recipe, dead: list[int]) -> None:
    x = torch.randn(17, WIDTH, dtype=torch.float64) + 1
    check(autoencoder(), x, dead, recipe)


@settings(max_examples=30)
@given(data=st.data(), seed=st.integers(0, 99), width=st.integers(2, 9), scale=st.integers(1, 5))
def test_they_equal_it_at_any_size(data: st.DataObject, seed: int, width: int, scale: int) -> None:
    latents = st.integers(0, scale * width - 1)
    dead = sorted(data.draw(st.sets(latents, min_size=1)))
    k, weight = data.draw(st.integers(1, scale * width)), data.draw(st.floats(0.001, 10))
    sae = autoencoder(seed, width, sae_k=k, sae_scale_size=scale, sae_auxk=weight)
    x = torch.randn(data.draw(st.integers(2, 12)), width, dtype=torch.float64) + 1
    assume(batch_spread(x) < x.square().sum())  # the oracle knows no batch of all but equal rows
    check(sae, x, dead, DEFAULT)


@pytest.mark.parametrize("dead", [[], [4], [0, 9], [1, 2, 3, 11, 20, 23], list(range(24))])
def test_a_mask_of_the_dead_says_what_their_numbers_say(dead: list[int]) -> None:
    """On a GPU no shape may depend on them; latents alive neither answer nor learn from it."""
    x, sae = torch.randn(17, WIDTH, dtype=torch.float64) + 1, autoencoder()
    mask_N = torch.zeros(sae.latents, dtype=torch.bool)
    mask_N[dead] = True
    found = []
    for dead_given in (torch.tensor(dead, dtype=torch.int64), mask_N):
        terms = loss_terms(sae, Rows(x), sae.encode(x), sae(x), dead_given)
        found.append((terms, torch.autograd.grad(terms.loss, list(sae.parameters()))))
    torch.testing.assert_close(*found)


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
        return loss_terms(sae, Rows(x), sae.encode(x), recon, dead).auxk.item()

    assert aux_with(0.01) < aux_with(0) < aux_with(-0.01)


def test_auxk_does_not_train_the_reconstruction() -> None:
    sae = autoencoder()
    x = torch.randn(20, WIDTH, dtype=torch.float64)
    active = sae.encode(x).indices_BK.unique()
    dead = torch.tensor([j for j in range(sae.latents) if j not in active.tolist()][:4])
    terms = loss_terms(sae, Rows(x), sae.encode(x), sae(x), dead)
    gradient = torch.autograd.grad(terms.auxk, sae.W_dec)[0]
    assert not gradient[active].any() and gradient[dead].any()


@pytest.mark.parametrize(("weight", "dead"), [(0.0, [1, 2]), (0.5, [])])
def test_without_weight_or_dead_latents_there_is_no_auxk(weight: float, dead: list[int]) -> None:
    sae = autoencoder(sae_auxk=weight)
    x = torch.randn(9, WIDTH, dtype=torch.float64)
    terms = loss_terms(sae, Rows(x), sae.encode(x), sae(x), torch.tensor(dead, dtype=torch.int64))
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
