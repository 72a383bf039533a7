"""The one training loop, an epoch at a time. B rows of a batch, D width, N latents."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recsae.errors import SettingError
from recsae.sae.base import SAESettings, Variant
from recsae.sae.code import SparseCode
from recsae.sae.losses import Terms, loss_terms
from recsae.sae.model import SparseAutoencoder
from recsae.sae.rows import Rows

WARM_UP = 0.02
"""Share of all steps over which the learning rate rises from 0."""
DECAY = 0.2
"""Share of all steps, the last ones, over which it falls to 0."""
RESIDENT_BYTES = 2**30
"""Rows up to this size are kept on a GPU, so that no step waits for a transfer."""
MEDIAN_ROWS = 4096
"""Rows sampled for the geometric median that b_dec starts at."""


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
    ) -> None:
        """Initialise the model from `sae_seed` and the rows.

        `rows` are those to train on: under `sae_positions: last` the caller has picked them. On
        the CPU they stay where they are, in a memory map for one, and are gathered a batch a time.
        """
        assert rows.x_ND.shape[0] > 0, "no rows to train on"
        self.settings, self._order_seed = settings, order_seed
        self._device, self.epochs_done = torch.device(device), 0
        self._rows = _resident(rows, self._device)
        self._rng: dict[str, Tensor] = {}
        with self._own_randomness(seed=settings.sae_seed):
            self.model = SparseAutoencoder(variant, settings, rows.x_ND.shape[1])
            self.model.b_dec.data.copy_(geometric_median(_sample(rows.x_ND, MEDIAN_ROWS)))
        self.model.to(self._device).eval()
        self._optimizer = torch.optim.Adam(
            self.model.parameters(), lr=settings.sae_lr, fused=self._device.type in ("cpu", "cuda")
        )
        # Rows seen since each latent was last positive.
        self._silent_N = torch.zeros(self.model.latents, dtype=torch.int64, device=self._device)

    def epoch(self) -> dict[str, float]:
        """Train on every row once; return the mean terms of the loss over the batches."""
        rows, model = self._rows.x_ND.shape[0], self.model
        order_N = data_order(rows, self._order_seed, self.epochs_done)
        batches = order_N.tensor_split(-(-rows // self.settings.sae_batch_size))
        fired_N = torch.zeros_like(model.fired)
        total = torch.zeros(len(Terms._fields), device=self._device)
        model.train()
        with self._own_randomness():
            for place, index in enumerate(batches):
                self._set_rate(self.epochs_done * len(batches) + place, len(batches))
                total += self._step(self._gather(index), fired_N)
        model.eval()
        model.fired.copy_(fired_N)
        self.epochs_done += 1
        return self._terms(total / len(batches))

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all that the next epoch depends on: tensors and plain values."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "silent": self._silent_N,
            "rng": self._rng,
            "epochs_done": self.epochs_done,
        }
        return copy.deepcopy(state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` returned."""
        state = copy.deepcopy(state)
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._silent_N.copy_(state["silent"])
        # A state from a machine without a GPU leaves the GPU's generator as it was seeded.
        self._rng |= {kind: generator.cpu() for kind, generator in state["rng"].items()}
        self.epochs_done = state["epochs_done"]

    def _step(self, rows: Rows, fired_N: Tensor) -> Tensor:
        code = self.model.encode(rows.x_ND)
        recon_BD = self.model.reconstruct(code, rows.x_ND)
        terms = loss_terms(self.model, rows, recon_BD, self._count(code, fired_N))
        self._optimizer.zero_grad()
        torch.autograd.backward(terms.loss)
        self._descend()
        return torch.stack(terms).detach()

    @torch.no_grad()
    def _descend(self) -> None:
        atoms_ND, grad_ND = self.model.W_dec, self.model.W_dec.grad
        assert grad_ND is not None
        along_N1 = (grad_ND * atoms_ND).sum(1, keepdim=True)
        grad_ND.addcmul_(along_N1, atoms_ND, value=-1)
        self._optimizer.step()
        atoms_ND.div_(atoms_ND.norm(dim=1, keepdim=True))

    @torch.no_grad()
    def _count(self, code: SparseCode, fired_N: Tensor) -> Tensor:
        """Note which latents are positive on this batch; return those that now count as dead."""
        positive_BK, indices_BK = code.values_BK > 0, code.indices_BK
        # One place more than there are latents takes the empty entries.
        here = torch.zeros(len(fired_N) + 1, dtype=torch.bool, device=fired_N.device)
        here[torch.where(positive_BK, indices_BK, len(fired_N))] = True
        fired_N |= here[:-1]
        self._silent_N += code.values_BK.shape[0]
        self._silent_N.masked_fill_(here[:-1], 0)
        window = self.settings.sae_dead_window * self._rows.x_ND.shape[0]
        return (self._silent_N >= window).nonzero().squeeze(1)

    def _gather(self, index: Tensor) -> Rows:
        here = self._rows.at(index.to(self._rows.x_ND.device))
        return here.to(self._device, self.model.W_dec.dtype)

    def _set_rate(self, step: int, steps_an_epoch: int) -> None:
        share = rate_share(step, steps_an_epoch * self.settings.sae_epochs)
        for group in self._optimizer.param_groups:
            group["lr"] = self.settings.sae_lr * share

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


def rate_share(step: int, steps: int) -> float:
    """Return the learning rate at a step, as a share of its highest: up, level, down."""
    rise = (step + 1) / max(1.0, WARM_UP * steps)
    fall = (steps - step) / max(1.0, DECAY * steps)
    return max(0.0, min(1.0, rise, fall))


def geometric_median(x_SD: Tensor, iterations: int = 32) -> Tensor:
    """Return the point [D] with the least sum of distances to the rows (Weiszfeld)."""
    x_SD = x_SD.double()
    median_D = x_SD.mean(0)
    for _ in range(iterations):
        distance_S1 = (x_SD - median_D).norm(dim=1, keepdim=True).clamp_min(1e-12)
        median_D = (x_SD / distance_S1).sum(0) / (1 / distance_S1).sum()
    return median_D


def _resident(rows: Rows, device: torch.device) -> Rows:
    """Return the rows on a GPU if they take little of it; elsewhere they are as they were."""
    x_ND = rows.x_ND
    if device.type == "cpu" or x_ND.nelement() * x_ND.element_size() > RESIDENT_BYTES:
        return rows
    return rows.to(device, x_ND.dtype)


def _sample(x_ND: Tensor, count: int) -> Tensor:
    rows = x_ND.shape[0]
    if rows <= count:
        return x_ND
    return x_ND[torch.randint(rows, (count,)).to(x_ND.device)]
