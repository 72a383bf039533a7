"""Runs on the tiny data, made by hand around trained models."""

from pathlib import Path
from typing import Any

from conftest import TINY

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.interactions.settings import DataSettings
from recsae.jobs.sources import Source
from recsae.recommenders.base_choice import BaseChoice
from recsae.results import create, write_finalists, write_trials
from recsae.sae import files
from recsae.sae.model import SparseAutoencoder

BASE = {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2}
SOURCE = Source(DataSettings(dataset=TINY), BaseChoice.of(BASE), ActivationSettings()).values()


def save(model: SparseAutoencoder, folder: Path, activations: Activations) -> None:
    """Save a model as training does."""
    machine = {"type": "x", "device": "cpu", "torch": "1", "threads": 1}
    data = {"activations": activations.fingerprint, "dataset": TINY, "order_seed": 0}
    about = {**data, "source": SOURCE, "machine": machine}
    files.save(model, folder, about)


def make_run(
    path: Path, trials: dict[int, tuple[float, float]], states: str = "", **objectives: str
) -> None:
    """Make a run of trials with NDCG@10 and l0 on dev, on states of a fingerprint."""
    about = {"activations": {"fingerprint": states}} if states else {}
    space = {"objectives": objectives or {"ndcg@10": "max"}}
    create(path, {"space": space, "source": SOURCE, **about})
    write_trials(path, [row(number, *values) for number, values in trials.items()])


def row(number: int, ndcg: float, l0: float) -> dict[str, Any]:
    """Return a trial that is complete."""
    known = {"trial_id": number, "state": "COMPLETE", "model_name": "SASRec_SAE"}
    measured = {"dev/ndcg@10": ndcg, "dev/l0": l0, "dev/leak": False, "epochs": 2, "seconds": 1.0}
    # Settings tell contenders apart.
    return known | measured | {"sae_k": number + 1, "sae_seed": 0, "started": 0.0}


def add_finalists(path: Path, scores: dict[tuple[int, int], float]) -> None:
    """Add finalists: the dev score of each trial and seed."""
    rows = [
        {"trial_id": trial, "seed": seed, "dev/ndcg@10": score, "epochs": 2, "seconds": 1.0}
        for (trial, seed), score in scores.items()
    ]
    write_finalists(path, rows)
