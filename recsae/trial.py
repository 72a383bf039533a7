"""One trial: an autoencoder trained on stored activations, one epoch a step, scored on dev.

No Ray, no Optuna: the command line, the tests and the search all drive the same object.
Shapes: R evaluation rows, D width, I items.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from recsae.activations import Activations
from recsae.errors import SettingError
from recsae.machine import machine
from recsae.metrics.latents import latent_metrics
from recsae.metrics.leakage import BLOCK_ROWS, leak_audit
from recsae.metrics.ranking import NotFiniteError, ranking_metrics, ranks
from recsae.sae import files
from recsae.sae.base import SAESettings
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer

TRAIN = "train/"
"""Prefix of the terms of the loss, to tell them from measures on dev."""
Split = Literal["dev", "test"]
Mask = Literal["history", "all", "none"]


class Evaluator:
    """Scores autoencoders on one split; holds what does not change from model to model."""

    def __init__(
        self, activations: Activations, split: Split, mask: Mask = "history", device: str = "cpu"
    ) -> None:
        self._x_RD = activations.states(split).to(device)
        self._target_R = activations.tensor(f"{split}_target").to(device)
        self._table_ID = activations.tensor("item_table").to(device)
        self._seen = activations.seen(split, mask)
        self.base = self._rank(self._x_RD)

    def _rank(self, state_RD: Tensor) -> dict[str, float]:
        rank_R = ranks(state_RD, self._table_ID, self._target_R, self._seen)
        return ranking_metrics(rank_R)

    @torch.no_grad()
    def __call__(self, model: SparseAutoencoder) -> dict[str, float]:
        """Return ranking, reconstruction, leak audit and code measures of a model."""
        model.eval()
        values, recons = [], []
        for x_BD in torch.split(self._x_RD, BLOCK_ROWS):
            code = model.encode(x_BD)
            values.append(code.values_BK)
            recons.append(model.reconstruct(code, x_BD))
        scores = self._rank(torch.cat(recons))
        audit = leak_audit(self._x_RD, model.encode, model.reconstruct, model.decode)
        return {
            **scores,
            "share": share(scores, self.base),
            **audit,
            "leak": bool(audit["leak"]),
            **latent_metrics(torch.cat(values), model.fired),
        }


def share(scores: dict[str, float], base: dict[str, float]) -> float:
    """Return the part of the base's NDCG@10 that is kept; NaN if the base has none."""
    return scores["ndcg@10"] / base["ndcg@10"] if base["ndcg@10"] else math.nan


class SAETrial:
    """Trains one autoencoder; `step()` is one epoch, `state_dict()` all that it takes to go on."""

    def __init__(
        self,
        model_name: str,
        settings: SAESettings,
        activations: Activations,
        *,
        order_seed: int = 0,
        device: str = "cpu",
        evaluator: Evaluator | None = None,
    ) -> None:
        """Raise SettingError when the settings cannot work on these activations' width."""
        settings.check_width(activations.meta["width"])
        self.model_name, self.settings = model_name, settings
        self._about = {
            "activations": activations.fingerprint,
            "base": activations.meta["base"]["fingerprint"],
            "dataset": activations.meta["dataset"],
            "order_seed": order_seed,
        }
        self._device = torch.device(device)
        self._evaluator = evaluator or Evaluator(activations, "dev", device=device)
        self._trainer = SAETrainer(
            variant(model_name),
            settings,
            Rows(*activations.rows(settings.sae_positions)),
            order_seed=order_seed,
            device=device,
        )

    @property
    def epochs(self) -> int:
        """Epochs trained so far."""
        return self._trainer.epochs_done

    @property
    def done(self) -> bool:
        """True when the full budget of epochs is spent."""
        return self.epochs >= self.settings.sae_epochs

    @property
    def model(self) -> SparseAutoencoder:
        """The autoencoder as trained so far."""
        return self._trainer.model

    def step(self) -> dict[str, float]:
        """Train one epoch; return its dev metrics, and its losses as `train/…`."""
        losses = self._trainer.epoch()
        try:
            metrics = self._evaluator(self.model)
        except NotFiniteError as error:
            told = f"training diverged in epoch {self.epochs} ({error}); expected a lower rate than"
            raise SettingError("sae_lr", f"{told} {self.settings.sae_lr:g}") from None
        return {**metrics, **{TRAIN + name: value for name, value in losses.items()}}

    def state_dict(self) -> dict[str, Any]:
        """Return the whole state: going on from it equals never having stopped."""
        return self._trainer.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state that `state_dict` gave."""
        self._trainer.load_state_dict(state)

    def save(self, folder: Path, **about: Any) -> None:
        """Save weights and settings, whole, with what they were trained on."""
        known = {**self._about, "epochs": self.epochs, "machine": machine(self._device)}
        files.save(self.model, folder, {**known, **about})


def run_trial(trial: SAETrial, report: Callable[[int, dict[str, float]], None]) -> dict[str, float]:
    """Train to the full budget, telling `report(epoch, metrics)`; return the last metrics."""
    metrics: dict[str, float] = {}
    while not trial.done:
        metrics = trial.step()
        report(trial.epochs, metrics)
    return metrics
