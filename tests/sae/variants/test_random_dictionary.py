"""The frozen random dictionary: drawn as any other start, and never moved."""

import pytest
import torch

from recsae.sae.base import SAESettings
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.random_dictionary import RandomDictionary
from recsae.sae.variants.topk import TopK

SMALL = {"sae_k": 2, "sae_scale_size": 4, "sae_lr": 1e-2, "sae_batch_size": 32, "sae_epochs": 6}


def trainer(kind: RandomDictionary | TopK, **settings: object) -> SAETrainer:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(200, 3, generator=generator) @ torch.randn(3, 8, generator=generator)
    chosen = SAESettings.of({**SMALL, **settings})
    return SAETrainer(kind, chosen, Rows(x), order_seed=0, device="cpu")


@pytest.mark.parametrize("recipe", ["default", "reference"])
def test_the_atoms_stay_and_the_encoder_learns(recipe: str) -> None:
    run = trainer(RandomDictionary(), sae_recipe=recipe)
    atoms, encoder = run.model.W_dec.clone(), run.model.W_enc.clone()
    fvu = [run.epoch()["fvu"] for _ in range(6)]
    assert torch.equal(run.model.W_dec, atoms) and not torch.equal(run.model.W_enc, encoder)
    assert fvu[-1] < fvu[0]


def test_it_starts_as_the_trained_one_does_and_ends_worse() -> None:
    frozen, free = trainer(RandomDictionary()), trainer(TopK())
    assert torch.equal(frozen.model.W_dec, free.model.W_dec)
    assert torch.equal(frozen.model.b_dec, free.model.b_dec)
    ends = [[run.epoch()["fvu"] for _ in range(6)][-1] for run in (frozen, free)]
    assert ends[0] > ends[1]
