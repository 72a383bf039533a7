"""The nested variant: its ladder, its loss against a dense oracle, and what it is trained for."""

from typing import Any

import pytest
import torch
from torch import Tensor

from recsae.sae.base import SAESettings
from recsae.sae.code import SparseCode
from recsae.sae.losses import batch_spread, loss_terms
from recsae.sae.model import SparseAutoencoder
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.nested import Nested, NestedSettings, cut_decodes
from recsae.sae.variants.topk import TopK

WIDTH = 6
NONE_DEAD = torch.empty(0, dtype=torch.int64)


def autoencoder(**settings: Any) -> SparseAutoencoder:
    torch.manual_seed(3)
    chosen = NestedSettings.of({"sae_scale_size": 4, **settings})
    sae = SparseAutoencoder(Nested(), chosen, WIDTH).double()
    with torch.no_grad():
        sae.b_dec.normal_()
        sae.b_enc.normal_()
    return sae


def some_rows() -> Tensor:
    return torch.randn(9, WIDTH, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def loss(sae: SparseAutoencoder, x: Tensor) -> Tensor:
    return loss_terms(sae, Rows(x), sae.encode(x), sae(x), NONE_DEAD).loss


def naive_fvu(sae: SparseAutoencoder, x: Tensor, k: int) -> Tensor:
    """FVU of a dense TopK autoencoder of k with the same weights."""
    pre = (x - sae.b_dec) @ sae.W_enc.T + sae.b_enc
    least = pre.sort(dim=1, descending=True).values[:, k - 1 : k]
    dense = torch.where(pre >= least, pre, 0).relu()
    return (x - dense @ sae.W_dec - sae.b_dec).square().sum() / batch_spread(x)


@pytest.mark.parametrize(
    ("given", "ladder"),
    [
        ({"sae_k": 32}, (1, 2, 4, 8, 16, 32)),
        ({"sae_k": 12}, (1, 2, 4, 8, 12)),
        ({"sae_k": 12, "sae_nested_min_k": 3}, (4, 8, 12)),
        ({"sae_k": 5, "sae_nested_ladder": "all"}, (1, 2, 3, 4, 5)),
        ({"sae_k": 5, "sae_nested_ladder": "all", "sae_nested_min_k": 4}, (4, 5)),
        ({"sae_k": 4, "sae_nested_min_k": 9}, (4,)),
        ({"sae_k": 1}, (1,)),
    ],
)
def test_the_ladder(given: dict[str, Any], ladder: tuple[int, ...]) -> None:
    assert Nested().ladder(NestedSettings.of(given)) == ladder


def test_other_variants_have_one_k() -> None:
    assert TopK().ladder(SAESettings.of({"sae_k": 8})) == ()


@pytest.mark.parametrize("rule", ["powers", "all"])
@pytest.mark.parametrize("k", [2, 7, 24])
def test_the_loss_is_the_mean_fvu_of_the_ladder(rule: str, k: int) -> None:
    sae, x = autoencoder(sae_k=k, sae_nested_ladder=rule), some_rows()
    expected = torch.stack([naive_fvu(sae, x, at) for at in Nested().ladder(sae.settings)]).mean()
    found = loss(sae, x)
    torch.testing.assert_close(found, expected)
    parameters = list(sae.parameters())
    ours, theirs = (torch.autograd.grad(of, parameters) for of in (found, expected))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0])
def test_the_weight_goes_from_the_plain_loss_to_the_mean(weight: float) -> None:
    x = some_rows()
    plain = naive_fvu(autoencoder(sae_k=4), x, 4)
    mean = loss(autoencoder(sae_k=4), x)
    found = loss(autoencoder(sae_k=4, sae_nested_weight=weight), x)
    torch.testing.assert_close(found, (1 - weight) * plain + weight * mean)
    assert abs(mean - plain) > 0.1


@pytest.mark.parametrize("given", [{"sae_nested_weight": 0}, {"sae_nested_min_k": 4}, {"sae_k": 1}])
def test_where_the_ladder_adds_nothing_there_is_no_term(given: dict[str, Any]) -> None:
    sae, x = autoencoder(**{"sae_k": 4, **given}), some_rows()
    assert sae.variant.penalty(sae, Rows(x), sae.encode(x), sae(x)) is None


def test_gradients_of_the_cut_decodes() -> None:
    """Values far from each other: a small step does not change their order."""
    torch.manual_seed(0)
    order = torch.stack([torch.randperm(5) for _ in range(3)])
    values = (order.double() + 1).requires_grad_()
    indices = torch.stack([torch.randperm(8)[:5] for _ in range(3)])
    W_dec = torch.randn(8, WIDTH, dtype=torch.float64, requires_grad=True)

    def decoded(values: Tensor, W_dec: Tensor) -> Tensor:
        return torch.stack([*cut_decodes(SparseCode(values, indices), W_dec, (1, 3, 4))])

    assert torch.autograd.gradcheck(decoded, (values, W_dec))


@pytest.mark.parametrize("k", [1, 3, 7, 9])
def test_a_cut_code_is_that_of_a_smaller_k(k: int) -> None:
    sae, x = autoencoder(sae_k=7), some_rows()
    code = sae.encode(x)
    cut = code.largest(k)
    assert cut.values_BK.shape == cut.indices_BK.shape == (9, min(k, 7))
    smaller = autoencoder(sae_k=min(k, 7))
    torch.testing.assert_close(sae.decode(cut), smaller(x))
    assert (cut is code) == (k >= 7)


def test_cut_to_fewer_values_it_is_better_than_the_plain_one() -> None:
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(400, 5, generator=generator) @ torch.randn(5, WIDTH, generator=generator)
    fvu: dict[str, list[float]] = {}
    for variant in (TopK(), Nested()):
        given = {"sae_k": 4, "sae_scale_size": 4, "sae_lr": 1e-2, "sae_batch_size": 50}
        settings = variant.Settings.of({**given, "sae_epochs": 20})
        trainer = SAETrainer(variant, settings, Rows(x), order_seed=0, device="cpu")
        for _ in range(20):
            trainer.epoch()
        with torch.no_grad():
            fvu[variant.name] = [naive_fvu(trainer.model, x, k).item() for k in (1, 2)]
    pairs = zip(fvu["SASRec_SAE_Nested"], fvu["SASRec_SAE"], strict=True)
    assert all(nested < 0.85 * plain for nested, plain in pairs)
