"""Each correction alone, and input scaling."""

import math
from dataclasses import fields
from typing import Any

import pytest
import torch
from made_rows import some_rows
from torch import Tensor

from recsae.sae.base import SAESettings, Variant
from recsae.sae.code import SparseCode
from recsae.sae.losses import loss_terms
from recsae.sae.model import SparseAutoencoder
from recsae.sae.recipes import PENALTY_SHARE, RECIPES, WEIGHT_DECAY, Recipe, corrections
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.topk import TopK

DEFAULT, REFERENCE = RECIPES["default"], RECIPES["reference"]
IDLE = {"dropout", "own_term"}
"""Corrections of what the plain autoencoder does not have."""
SMALL = {"sae_k": 2, "sae_scale_size": 8, "sae_lr": 1e-2, "sae_batch_size": 32, "sae_epochs": 3}


def trained(
    recipe: Recipe | None = None, rows: Rows | None = None, epochs: int = 3, **settings: Any
) -> SAETrainer:
    chosen = SAESettings.of(SMALL | settings)
    run = SAETrainer(TopK(), chosen, rows or some_rows(), order_seed=0, device="cpu", recipe=recipe)
    for _ in range(epochs):
        run.epoch()
    return run


def test_the_two_named_recipes_have_all_corrections_and_none() -> None:
    assert len(corrections()) == len(fields(Recipe))
    for name in corrections():
        assert getattr(DEFAULT, name) is True and getattr(REFERENCE, name) is False
        assert DEFAULT.changed(name).changed(name) == DEFAULT != DEFAULT.changed(name)


@pytest.mark.parametrize("name", ["default", "reference"])
def test_the_setting_names_a_recipe(name: str) -> None:
    by_name, given = trained(sae_recipe=name), trained(RECIPES[name])
    assert torch.equal(by_name.model.W_enc, given.model.W_enc)


@pytest.mark.parametrize("name", sorted(set(corrections()) - IDLE))
@pytest.mark.parametrize("start", [DEFAULT, REFERENCE], ids=["default", "reference"])
def test_each_correction_changes_the_weights(start: Recipe, name: str) -> None:
    window = {"sae_dead_window": 0.3}
    before, after = (trained(r, **window).model for r in (start, start.changed(name)))
    assert not torch.equal(before.W_enc, after.W_enc)


def test_without_the_schedule_the_rate_is_constant() -> None:
    rates: list[float] = []
    run = trained(DEFAULT.changed("schedule"), epochs=0)
    step = run._descent.optimizer.step

    def watched(*args: Any) -> Any:
        rates.append(run._descent.optimizer.param_groups[0]["lr"])
        return step(*args)

    run._descent.optimizer.step = watched  # type: ignore[method-assign]
    run.epoch()
    assert set(rates) == {1e-2}


def test_weight_decay_spares_what_is_called_a_bias() -> None:
    run = trained(REFERENCE, epochs=0)
    decays = {
        name: group["weight_decay"]
        for group in run._descent.optimizer.param_groups
        for name, weight in run.model.named_parameters()
        if any(weight is own for own in group["params"])
    }
    assert decays == {**dict.fromkeys(("W_dec", "W_enc", "b_dec"), WEIGHT_DECAY), "b_enc": 0.0}


class OwnTerm(Variant):
    def penalty(
        self, sae: SparseAutoencoder, rows: Rows, code: SparseCode, recon_BD: Tensor
    ) -> Tensor | None:
        return 3 * recon_BD.new_ones(())


@pytest.mark.parametrize(
    ("recipe", "dead", "share"),
    [
        (DEFAULT, [], 1.0),
        (DEFAULT, [1], 1.0),
        (REFERENCE, [], 0.0),
        (REFERENCE, [1], PENALTY_SHARE),
    ],
)
def test_the_share_of_a_variants_own_term(recipe: Recipe, dead: list[int], share: float) -> None:
    torch.manual_seed(0)
    sae, x = SparseAutoencoder(OwnTerm(), SAESettings.of(SMALL), 8), some_rows().x_ND
    terms = loss_terms(
        sae, Rows(x), sae.encode(x), sae(x), torch.tensor(dead, dtype=torch.int64), recipe
    )
    assert terms.penalty.item() == pytest.approx(3 * share)
    assert (terms.auxk > 0) == bool(dead)


def test_the_published_sign_makes_dead_latents_add_to_the_error() -> None:
    torch.manual_seed(3)
    sae = SparseAutoencoder(TopK(), SAESettings.of(SMALL), 8).double()
    x, dead = some_rows().x_ND.double(), torch.tensor([5])
    recon = sae(x).detach()
    activation = torch.relu(x @ sae.W_enc[5]).detach()
    direction = ((x - recon) * activation[:, None]).sum(0)
    gradients = {}
    for recipe in (DEFAULT, DEFAULT.changed("auxk_sign")):
        aux = loss_terms(sae, Rows(x), sae.encode(x), recon, dead, recipe).auxk
        gradients[recipe.auxk_sign] = torch.autograd.grad(aux, sae.W_dec)[0][5] @ direction
    assert gradients[True] < 0 < gradients[False]


def test_input_scaling_is_training_on_scaled_rows_folded_back() -> None:
    rows = some_rows(scale=20.0)
    mean_square = rows.x_ND.square().sum(1).mean().item()
    factor = 1 / math.sqrt(mean_square)
    for recipe in (DEFAULT, REFERENCE):
        raw = trained(recipe, rows, epochs=0, sae_input_scale="rms")
        scaled = trained(recipe, Rows(rows.x_ND.double() * factor), epochs=0)
        for run in (raw, scaled):
            run.model.double()
        for _ in range(3):
            raw.epoch()
            scaled.epoch()
        ours, theirs = raw.model, scaled.model
        for name in ("W_enc", "W_dec"):
            torch.testing.assert_close(
                getattr(ours, name), getattr(theirs, name), rtol=1e-5, atol=1e-7
            )
        for name in ("b_enc", "b_dec"):
            folded = getattr(theirs, name) / factor
            torch.testing.assert_close(getattr(ours, name), folded, rtol=1e-5, atol=1e-5)
        x = rows.x_ND[:20].double()
        torch.testing.assert_close(ours(x), theirs(x * factor) / factor, rtol=1e-5, atol=1e-5)


def test_a_scaled_training_does_not_depend_on_the_units_of_the_rows() -> None:
    small, large = (trained(None, some_rows(scale=s), sae_input_scale="rms") for s in (1.0, 64.0))
    plain = [trained(None, some_rows(scale=s)) for s in (1.0, 64.0)]
    torch.testing.assert_close(small.model.W_enc, large.model.W_enc, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(64 * small.model.b_dec, large.model.b_dec, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(plain[0].model.W_enc, plain[1].model.W_enc, rtol=1e-2, atol=1e-3)


def test_rows_of_zeros_are_not_scaled() -> None:
    run = trained(None, Rows(torch.zeros(5, 8)), sae_input_scale="rms")
    assert all(weight.isfinite().all() for weight in run.model.parameters())


def test_the_code_is_in_the_units_of_the_rows() -> None:
    rows = some_rows(scale=100.0)
    run = trained(None, rows, sae_input_scale="rms", sae_lr=3e-2)
    code: SparseCode = run.model.encode(rows.x_ND)
    assert code.values_BK.max() > 50
    error = (rows.x_ND - run.model(rows.x_ND)).square().sum()
    assert error < 0.6 * (rows.x_ND - rows.x_ND.mean(0)).square().sum()
