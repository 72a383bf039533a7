"""One trial: an autoencoder trained on stored activations, one epoch a step, scored on dev.

No Ray, no Optuna: the command line, the tests and the search all drive the same object.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from recsae.activations.store import Activations
from recsae.errors import SettingError
from recsae.machine import machine
from recsae.metrics.ranking import NotFiniteError
from recsae.metrics.registry import deep_metrics, metrics, on_request
from recsae.sae import files
from recsae.sae.base import SAESettings
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.scoring import Evaluator, Measured

__all__ = ["ASKED", "TRAIN", "Evaluator", "Measured", "SAETrial", "run_trial"]

TRAIN = "train/"
"""Prefix of the terms of the loss, to tell them from measures on dev."""
ASKED = "asked"
"""Key of what is saved with a model: names of measures on request that it is scored by."""
_TWIN = "twin"
"""Key of the twin's checkpoint."""


class SAETrial:
    """Trains one autoencoder; `step()` is one epoch, `state_dict()` a checkpoint of it."""

    def __init__(
        self,
        model_name: str,
        settings: SAESettings,
        activations: Activations,
        *,
        order_seed: int = 0,
        device: str = "cpu",
        evaluator: Evaluator | None = None,
        objectives: Iterable[str] = (),
        rungs: Collection[int] = (),
        asked: Iterable[str] = (),
    ) -> None:
        """Raise SettingError when the settings cannot work on these activations' width.

        Costly measures are taken in the last epoch and at rungs (epochs after which the trial may
        be stopped), or in each epoch if one of them is an objective. Measures on request are taken
        if they are objectives, in each epoch, or `asked` for, with the costly ones; if one of them
        needs a twin, that is trained too, with the neighbouring seed (0 has 1, 1 has 0, 2 has 3).
        With several objectives the last epoch is scored at each k of the variant's ladder, too.
        """
        objectives = tuple(objectives)
        settings.check_width(activations.meta["width"])
        self.model_name, self.settings = model_name, settings
        self._about = {
            "activations": activations.fingerprint,
            "base": activations.meta["base"]["fingerprint"],
            "dataset": activations.meta["dataset"],
            "order_seed": order_seed,
        }
        self._always_asked = on_request(objectives)
        self._asked = self._always_asked | on_request(asked)
        if self._asked:
            self._about[ASKED] = sorted(self._asked)
        self._device = torch.device(device)
        self._always_deep = not deep_metrics().isdisjoint(objectives)
        self._rungs = frozenset(rungs)
        self._offers_ladder = len(set(objectives)) > 1
        self.evaluator = evaluator or Evaluator(activations, "dev", device=device)
        """What scores it on dev."""
        self.measured: Measured | None = None
        """What the last epoch gave, of dev."""
        train = partial(
            SAETrainer,
            variant(model_name),
            rows=Rows(*activations.rows(settings.sae_positions)),
            order_seed=order_seed,
            device=device,
        )
        self._trainer = train(settings)
        self._twin: SAETrainer | None = None
        if any(metrics()[name].needs == "twin" for name in self._asked):
            own = settings.values()
            # Without a seed among its settings nothing is drawn, and the twin is the same.
            seed = {"sae_seed": settings.sae_seed ^ 1} if "sae_seed" in own else {}
            self._twin = train(type(settings).of({**own, **seed}))
            # Trained in place, so these are its atoms after each epoch.
            self.model.twin_ND = self._twin.model.W_dec.data

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
        if self._twin is not None:
            self._twin.epoch()
        try:
            deep = self._always_deep or self.done or self.epochs in self._rungs
            asked = self._asked if deep else self._always_asked
            self.measured = self.evaluator.measure(self.model, deep, asked)
        except NotFiniteError as error:
            words = (
                f"training diverged in epoch {self.epochs} ({error}); expected a lower rate than"
            )
            raise SettingError("sae_lr", f"{words} {self.settings.sae_lr:g}") from None
        return {**self.measured.metrics, **{TRAIN + name: value for name, value in losses.items()}}

    @property
    def ladder(self) -> list[dict[str, float]]:
        """Dev metrics at each k of the variant's ladder, and "k"; none before the last epoch.

        Costly ones are taken at sae_k alone, unless one of them is an objective.
        """
        rungs = self.model.variant.ladder(self.settings)
        if not (rungs and self._offers_ladder and self.done and self.measured):
            return []
        how = self._always_deep, self._always_asked
        below = [{"k": k, **self.evaluator(self.model.at_k(k), *how)} for k in rungs[:-1]]
        return [*below, {"k": rungs[-1], **self.measured.metrics}]

    def try_out(self, steps: int) -> None:
        """Train for some steps and score deep: all that takes memory, without a whole epoch."""
        for trainer in filter(None, (self._trainer, self._twin)):
            trainer.epoch(steps)
        self.measured = self.evaluator.measure(self.model, True, self._asked)

    def state_dict(self) -> dict[str, Any]:
        """Return a checkpoint: going on from it equals never having stopped."""
        twin = {} if self._twin is None else {_TWIN: self._twin.state_dict()}
        return self._trainer.state_dict() | twin

    def load_state_dict(self, checkpoint: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self._trainer.load_state_dict(checkpoint)
        if self._twin is not None:
            self._twin.load_state_dict(checkpoint[_TWIN])

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
