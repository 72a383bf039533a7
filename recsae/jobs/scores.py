"""Scores of saved autoencoders on dev and test; every reading of test is counted."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from recsae.activations import Activations
from recsae.cache import Cache
from recsae.files import read_json, whole
from recsae.jobs.sources import base_folder
from recsae.machine import device_of
from recsae.reads import count_test_read
from recsae.results import Files
from recsae.sae.model import SparseAutoencoder
from recsae.trial import Evaluator, Mask

Metrics = dict[str, dict[str, float]]


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


def score_again(
    model: SparseAutoencoder,
    about: Mapping[str, Any],
    activations: Activations,
    folder: Path,
    cache: Cache,
    mask: Mask = "history",
    device: torch.device | None = None,
) -> tuple[Metrics, bool | None]:
    """Return a saved model's metrics, and whether they are to the last digit those beside it.

    None: there is nothing to compare with (no stored figures, or another mask). `about` is what
    was saved with the model.
    """
    stored = about["machine"]
    where = device or device_of(None if stored["device"] == "cuda" else "cpu")
    torch.set_num_threads(int(stored["threads"]))  # sums depend on it in the last digit
    metrics = {
        "dev": Evaluator(activations, "dev", mask, str(where))(model.to(where)),
        "test": test_scores(model, activations, where, folder, cache, mask),
    }
    file = folder / Files.METRICS
    if mask != "history" or not file.is_file():
        return metrics, None
    with whole(file):
        known = read_json(file)
        return metrics, all(same(metrics[split], known[split]) for split in metrics)


def same(ours: Mapping[str, float], stored: Mapping[str, float | None]) -> bool:
    """Compare figures to the last digit; a stored null stands for a figure that is no number."""
    return all(
        ours[name] == value or (math.isnan(ours[name]) and (value is None or math.isnan(value)))
        for name, value in stored.items()
    )
