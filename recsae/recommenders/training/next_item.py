"""Trains a recommender of sequences: every training item is predicted from those before it.

Shapes: W windows, B windows of a batch, L their padded length, T positions, D width.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from recsae.recommenders.architecture import Trained
from recsae.recommenders.recommender import SequenceRecommender
from recsae.recommenders.training.cross_entropy import cross_entropy
from recsae.recommenders.training.early_stopping import Epoch, trained
from recsae.recommenders.training.sampled_cross_entropy import sampled_cross_entropy
from recsae.recommenders.training.settings import NextItemSettings
from recsae.sequences import Sequences, Windows, batches

WARM_UP = 0.05
"""Share of the epochs over which the cosine schedule first lets lr rise from 0."""


class _Batch(NamedTuple):
    inputs_BL: Tensor
    lengths_B: Tensor
    following_T: Tensor
    """The items that follow the valid positions."""


def train(
    name: str,
    sequences: Sequences,
    settings: NextItemSettings,
    device: torch.device,
    build: Callable[[], SequenceRecommender],
) -> Trained:
    """Train what `build` returns until dev gets no better; raises as `trained`."""

    def epoch_of(model: SequenceRecommender, optimizer: torch.optim.Optimizer) -> Epoch:
        def epoch(number: int) -> Iterator[float]:
            for done, batch in _epoch(sequences, settings, number, device):
                _set_rate(optimizer, settings, done / settings.epochs)
                _step(model, optimizer, settings, batch)
                yield done

        return epoch

    return trained(name, sequences, settings, device, build, epoch_of)


def _step(
    model: SequenceRecommender,
    optimizer: torch.optim.Optimizer,
    settings: NextItemSettings,
    batch: _Batch,
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


def _set_rate(optimizer: torch.optim.Optimizer, settings: NextItemSettings, done: float) -> None:
    if settings.schedule == "cosine":
        for group in optimizer.param_groups:
            group["lr"] = settings.lr * cosine(done)


def cosine(done: float) -> float:
    """Return the share of lr that is due when this share of the training, up to 1, is done."""
    if done < WARM_UP:
        return done / WARM_UP
    return (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))) / 2


def _epoch(
    sequences: Sequences, settings: NextItemSettings, epoch: int, device: torch.device
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
