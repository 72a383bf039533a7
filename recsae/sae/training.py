"""The one training loop, an epoch at a time. B rows of a batch, D width, N latents."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recsae.errors import SettingError
from recsae.sae.base import SAESettings, Variant
from recsae.sae.cuda_graphs import StepGraphs, graphs_there
from recsae.sae.initialisation import rms_scale, start
from recsae.sae.latent_activity import Activity
from recsae.sae.losses import Terms, loss_terms
from recsae.sae.model import SparseAutoencoder
from recsae.sae.optimizer import Descent
from recsae.sae.recipes import RECIPES, Recipe
from recsae.sae.rows import Rows

RESIDENT_BYTES = 2**30
"""Rows up to this size are kept on a GPU, so that no step waits for a transfer."""


class SAETrainer:
    """Trains one autoencoder; paused and resumed it equals itself uninterrupted."""

    def __init__(
        self,
        variant: Variant,
        settings: SAESettings,
        rows: Rows,
        *,
        order_seed: int,
        device: torch.device | str,
        recipe: Recipe | None = None,
    ) -> None:
        """Initialise the model from `sae_seed` and the rows; `sae_recipe` names the recipe if none
        is given.

        `rows` are those to train on: under `sae_positions: last` the caller has picked them. On
        the CPU they stay where they are, in a memory map for one, and are gathered a batch a time.
        """
        assert rows.x_ND.shape[0] > 0, "no rows to train on"
        self.settings, self._order_seed = settings, order_seed
        self._device, self.epochs_done = torch.device(device), 0
        if not variant.views(settings):
            rows = rows._replace(view_VND=None)
        self._rows = _resident(rows, self._device)
        self._rng: dict[str, Tensor] = {}
        self._recipe = recipe or RECIPES[settings.sae_recipe]
        with self._own_randomness(seed=settings.sae_seed):
            self.model = SparseAutoencoder(variant, settings, rows.x_ND.shape[1])
            start(self.model, rows.x_ND, self._recipe)
        self.model.to(self._device).eval()
        scale = rms_scale(rows.x_ND) if settings.sae_input_scale == "rms" else 1.0
        self._descent = Descent(self.model, self._recipe, settings.sae_lr, scale)
        by_mask = self._device.type == "cuda" and self._recipe.own_term and self._recipe.dead_window
        self._activity = self._new_activity(by_mask)
        self._total = torch.zeros(len(Terms._fields), device=self._device)
        steady = by_mask and variant.steady(settings) and self._rows.x_ND.device.type == "cuda"
        self._graphs = StepGraphs(self._device) if steady and graphs_there() else None

    def epoch(self, most_steps: int | None = None) -> dict[str, float]:
        """Train on every row once, or for fewer steps; return the mean terms of the loss."""
        rows, model, epochs = self._rows.x_ND.shape[0], self.model, self.settings.sae_epochs
        # Sent to where the rows are at once: a copy a step would make the host wait each time.
        order_N = data_order(rows, self._order_seed, self.epochs_done).to(self._rows.x_ND.device)
        # No short last batch: its FVU would weigh as much as that of a full one.
        batches = order_N.tensor_split(-(-rows // self.settings.sae_batch_size))[:most_steps]
        if model.variant.closed_form and self.epochs_done == 0:
            model.variant.solve(model, self._rows.x_ND)
        self._total.zero_()
        self._activity.begin_epoch()
        self._descent.begin_epoch()
        model.train(self._recipe.dropout)
        with self._own_randomness(), self._graphs.beside() if self._graphs else nullcontext():
            for place, index in enumerate(batches):
                done = self.epochs_done * len(batches) + place
                self._descent.set_rate(done, epochs * len(batches))
                if self._graphs:
                    self._graphs.run(self._take, index)
                else:
                    self._take(index)
        model.eval()
        # What is saved as dead is so by this epoch alone, whatever the window of training.
        model.fired.copy_(self._activity.fired_N)
        self.epochs_done += 1
        return self._terms(self._total / len(batches))

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all that the next epoch depends on: tensors and plain values."""
        checkpoint = {
            "model": self.model.state_dict(),
            "optimizer": self._descent.optimizer.state_dict(),
            "silent": self._activity.silent_N,
            "rng": self._rng,
            "epochs_done": self.epochs_done,
        }
        return copy.deepcopy(checkpoint)

    def load_state_dict(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint that `state_dict` returned."""
        # The optimizer keeps the tensors that it is given, and would write to the caller's.
        checkpoint = copy.deepcopy(checkpoint)
        self.model.load_state_dict(checkpoint["model"])
        self._descent.load_state_dict(checkpoint["optimizer"])
        if self._graphs:  # the captured steps write to the moments of before
            self._graphs = StepGraphs(self._device)
        self._activity.silent_N.copy_(checkpoint["silent"])
        # A checkpoint from a machine without a GPU leaves the GPU's generator as it was seeded.
        self._rng |= {kind: generator.cpu() for kind, generator in checkpoint["rng"].items()}
        self.epochs_done = checkpoint["epochs_done"]

    def _new_activity(self, by_mask: bool) -> Activity:
        return Activity(
            self.model.latents,
            len(self._rows.x_ND),
            self.settings.sae_dead_window,
            self._recipe,
            self._device,
            dead_wanted=self.settings.sae_auxk > 0 or not self._recipe.own_term,
            as_mask=by_mask,
        )

    def _take(self, index: Tensor) -> None:
        self._total += self._step(self._gather(index))

    def _step(self, rows: Rows) -> Tensor:
        closed = self.model.variant.closed_form
        with torch.set_grad_enabled(not closed):
            code = self.model.encode(rows.x_ND)
            recon_BD = self.model.reconstruct(code, rows.x_ND)
            dead_M = self._activity.count(code)
            terms = loss_terms(self.model, rows, code, recon_BD, dead_M, self._recipe)
        if not closed:
            self._descent.step(terms.loss)
        return torch.stack(terms).detach()

    def _gather(self, index: Tensor) -> Rows:
        return self._rows.at(index).to(self._device, self.model.W_dec.dtype)

    def _terms(self, mean: Tensor) -> dict[str, float]:
        terms = dict(zip(Terms._fields, mean.tolist(), strict=True))
        if not np.isfinite(terms["loss"]):
            raise SettingError(
                "sae_lr",
                f"training diverged in epoch {self.epochs_done}; expected a rate lower than "
                f"{self.settings.sae_lr:g}",
            )
        return terms

    @contextmanager
    def _own_randomness(self, seed: int | None = None) -> Iterator[None]:
        """Draw from the trainer's own generators, leaving torch's global ones as they were."""
        cuda = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda):
            if seed is not None:
                torch.manual_seed(seed)
            else:
                torch.set_rng_state(self._rng["cpu"])
                for device in cuda:
                    torch.cuda.set_rng_state(self._rng["cuda"], device)
            yield
            self._rng["cpu"] = torch.get_rng_state()
            for device in cuda:
                self._rng["cuda"] = torch.cuda.get_rng_state(device)


def data_order(rows: int, order_seed: int, epoch: int) -> Tensor:
    """Return the order of the rows in an epoch, the same for every trial of a search."""
    seed = np.random.SeedSequence([order_seed, epoch]).generate_state(1, np.uint64)
    return torch.randperm(rows, generator=torch.Generator().manual_seed(int(seed[0] >> 1)))


def _resident(rows: Rows, device: torch.device) -> Rows:
    """Return the rows on a GPU if they take little of it; elsewhere they are as they were."""
    states = [x for x in (rows.x_ND, rows.view_VND) if x is not None]
    if device.type == "cpu" or sum(x.nbytes for x in states) > RESIDENT_BYTES:
        return rows
    return rows.to(device, rows.x_ND.dtype)
