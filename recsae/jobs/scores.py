"""Scores of saved autoencoders on dev and test; every reading of test is counted."""

from pathlib import Path

import torch

from recsae.activations import Activations
from recsae.cache import Cache
from recsae.jobs.sources import base_folder
from recsae.reads import count_test_read
from recsae.sae.model import SparseAutoencoder
from recsae.trial import Evaluator, Mask

Metrics = dict[str, dict[str, float]]


def dev_scores(
    model: SparseAutoencoder, activations: Activations, device: torch.device, mask: Mask = "history"
) -> dict[str, float]:
    """Return the metrics of a model on dev."""
    return Evaluator(activations, "dev", mask, str(device))(model.to(device))


def test_scores(
    model: SparseAutoencoder,
    activations: Activations,
    device: torch.device,
    folder: Path,
    cache: Cache,
    mask: Mask = "history",
) -> dict[str, float]:
    """Return the metrics of a model on test; noted in `folder` (a run or model) and in the base."""
    for place in (folder, base_folder(activations, cache)):
        if place is not None:
            count_test_read(place)
    return Evaluator(activations, "test", mask, str(device))(model.to(device))
