"""How much of the code and of the dictionary is used, by hand."""

import torch

from recsae.metrics.latents import latent_metrics


def test_counts_by_hand() -> None:
    values = torch.tensor([[0.5, 0.0, 2.0, 0.1], [0.0, 0.0, 0.0, 3.0]])
    fired = torch.tensor([True, False, True, True, False, False, False, True])
    assert latent_metrics(values, fired) == {"l0": 2.0, "k_filled": 0.5, "dead": 0.5}


def test_a_full_code_and_an_empty_one() -> None:
    full = latent_metrics(torch.ones(3, 2), torch.ones(5, dtype=torch.bool))
    assert full == {"l0": 2.0, "k_filled": 1.0, "dead": 0.0}
    empty = latent_metrics(torch.zeros(3, 2), torch.zeros(5, dtype=torch.bool))
    assert empty == {"l0": 0.0, "k_filled": 0.0, "dead": 1.0}
