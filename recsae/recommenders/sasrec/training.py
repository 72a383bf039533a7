"""Trains a base: every training item is predicted from those before it.

Shapes: W windows, B windows of a batch, L their padded length, T positions, D width.
"""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from recsae.errors import RecsaeError, SettingError
from recsae.metrics.ranking import NotFiniteError, Seen
from recsae.progress import meter
from recsae.recommenders.architecture import Trained
from recsae.recommenders.sasrec.loss import cross_entropy
from recsae.recommenders.sasrec.model import SASRec
from recsae.recommenders.sasrec.sampled_loss import sampled_cross_entropy
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.recommenders.states import evaluate, seen_of
from recsae.sequences import Sequences, Windows, batches

_FEWEST_TARGETS = 2
WARM_UP = 0.05
"""Share of the epochs over which the cosine schedule first lets lr rise from 0."""


class _Batch(NamedTuple):
    inputs_BL: Tensor
    lengths_B: Tensor
    following_T: Tensor
    """The items that follow the valid positions."""


def train(sequences: Sequences, settings: SASRecSettings, device: torch.device) -> Trained:
    """Train until dev gets no better.

    Raises RecsaeError with nothing to train on or to choose by, or when the weights diverge.
    """
    _check(sequences)
    with _seeded(settings.base_seed, device):
        model = SASRec(settings, sequences.n_items).to(device)
        curve = _fit(model, sequences, settings, device)
    return Trained(model.eval().requires_grad_(False), curve)


def _fit(
    model: SASRec, sequences: Sequences, settings: SASRecSettings, device: torch.device
) -> list[float]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.lr, fused=True)
    seen = seen_of(sequences, sequences.dev)
    curve: list[float] = []
    with meter("SASRec epoch", settings.epochs) as progress:
        for epoch in range(settings.epochs):
            note = f"dev NDCG@10 {curve[-1]:.4f}" if curve else ""
            for done, batch in _epoch(sequences, settings, epoch, device):
                _set_rate(optimizer, settings, done / settings.epochs)
                _step(model.train(), optimizer, settings, batch)
                progress(done, note)
            score = _score(model.eval(), sequences, seen, device)
            progress(epoch + 1, f"dev NDCG@10 {score:.4f}")
            if score > max(curve, default=-1.0):
                # Its tensors are those that the next step changes.
                weights = copy.deepcopy(model.state_dict())
            curve.append(score)
            if epoch - curve.index(max(curve)) >= settings.patience:
                break
    model.load_state_dict(weights)
    return curve


def _score(model: SASRec, sequences: Sequences, seen: Seen, device: torch.device) -> float:
    try:
        return evaluate(model, sequences, sequences.dev, seen, device)["ndcg@10"]
    except NotFiniteError:
        raise SettingError("lr", "SASRec diverged: its scores are not finite; lower it") from None


def _step(
    model: SASRec, optimizer: torch.optim.Optimizer, settings: SASRecSettings, batch: _Batch
) -> None:
    inputs_BL, lengths_B, following_T = batch
    hidden_TD = model.hidden(inputs_BL, lengths_B)[_valid(inputs_BL, lengths_B)]
    if settings.loss == "sampled":
        loss = sampled_cross_entropy(hidden_TD, model.item_table(), following_T, settings.negatives)
    else:
        loss = cross_entropy(hidden_TD, model.item_table(), following_T)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _set_rate(optimizer: torch.optim.Optimizer, settings: SASRecSettings, done: float) -> None:
    if settings.schedule == "cosine":
        for group in optimizer.param_groups:
            group["lr"] = settings.lr * cosine(done)


def cosine(done: float) -> float:
    """Return the share of lr that is due when this share of the training, up to 1, is done."""
    if done < WARM_UP:
        return done / WARM_UP
    return (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))) / 2


def _epoch(
    sequences: Sequences, settings: SASRecSettings, epoch: int, device: torch.device
) -> Iterator[tuple[float, _Batch]]:
    """Yield batches, each with the epochs that are done in the middle of it."""
    rng = np.random.default_rng([settings.base_seed, epoch])
    windows = sequences.train_windows(settings.max_len, rng)
    steps = -(-len(windows.length) // settings.batch_size)
    for step, index_B in enumerate(batches(windows, settings.batch_size, rng)):
        part = Windows(windows.start[index_B], windows.length[index_B])
        inputs_BL, following_BL = (
            torch.from_numpy(sequences.batch(part, shift)).to(device) for shift in (0, 1)
        )
        lengths_B = torch.from_numpy(part.length).to(device)
        following_T = following_BL[_valid(inputs_BL, lengths_B)]
        yield epoch + (step + 0.5) / steps, _Batch(inputs_BL, lengths_B, following_T)


def _valid(items_BL: Tensor, lengths_B: Tensor) -> Tensor:
    return torch.arange(items_BL.shape[1], device=items_BL.device) < lengths_B.unsqueeze(1)


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Let torch draw from `seed` in the block, and as if nothing had been drawn after it."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _check(sequences: Sequences) -> None:
    if not sequences.train_rows().length.any():
        raise RecsaeError(
            f"{sequences.name}: nothing to train on: expected a user with 2 or more training items"
        )
    # One state alone has no spread, and nothing to exchange codes with.
    for split, targets in (("dev", sequences.dev), ("test", sequences.test)):
        if len(targets.user) < _FEWEST_TARGETS:
            message = f"expected at least {_FEWEST_TARGETS} users with a {split} target"
            raise RecsaeError(f"{sequences.name}: {message}, found {len(targets.user)}")
