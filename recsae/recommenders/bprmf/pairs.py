"""Trains BPR-MF: each training item is to score above one drawn that its user did not train on.

Shapes: E training events, B events of a step, D width.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn import functional

from recsae.recommenders.bprmf.model import BPRMF
from recsae.recommenders.bprmf.settings import BPRMFSettings
from recsae.recommenders.counts.models import Histories
from recsae.recommenders.training.early_stopping import Epoch
from recsae.sequences import Ints, Sequences

_REDRAWS = 20
"""After so many a user has nearly all items; what is drawn then counts as it is."""


def epochs_of(
    sequences: Sequences,
    settings: BPRMFSettings,
    device: torch.device,
    model: BPRMF,
    optimizer: torch.optim.Optimizer,
) -> Epoch:
    """Return what trains an epoch of the model."""
    parts = sequences.items, sequences.offsets, sequences.train_lengths, sequences.n_items
    event_E = Histories(*parts).train_events()
    user_E = np.searchsorted(sequences.offsets, event_E, side="right") - 1
    item_E = sequences.items[event_E].astype(np.int64)
    model.trained_U[torch.from_numpy(np.unique(user_E)).to(device)] = True
    steps = -(-len(event_E) // settings.batch_size)

    def epoch(number: int) -> Iterator[float]:
        rng = np.random.default_rng([settings.base_seed, number])
        other_E = _others(user_E, item_E, sequences.n_items, rng)
        for step, index_B in enumerate(np.array_split(rng.permutation(len(event_E)), steps)):
            parts = (torch.from_numpy(p[index_B]).to(device) for p in (user_E, item_E, other_E))
            optimizer.zero_grad()
            _loss(model, settings, *parts).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            yield number + (step + 0.5) / steps

    return epoch


def _loss(
    model: BPRMF,
    settings: BPRMFSettings,
    user_B: torch.Tensor,
    item_B: torch.Tensor,
    other_B: torch.Tensor,
) -> torch.Tensor:
    """Return the mean of -ln sigmoid(x_ui - x_uj) + l2 (|u|^2 + |i|^2 + |j|^2) (BPR-Opt)."""
    user_BD, item_BD, other_BD = model.users(user_B), model.items(item_B), model.items(other_B)
    gap_B = (user_BD * (item_BD - other_BD)).sum(1)
    length_B = sum(part_BD.square().sum(1) for part_BD in (user_BD, item_BD, other_BD))
    loss: torch.Tensor = (settings.l2 * length_B - functional.logsigmoid(gap_B)).mean()
    return loss


def _others(user_E: Ints, item_E: Ints, items: int, rng: np.random.Generator) -> Ints:
    """Return an item for each event, drawn evenly from those that its user did not train on."""
    taken = np.unique(user_E * items + item_E)
    other_E = rng.integers(items, size=len(user_E))
    for _ in range(_REDRAWS):
        (again,) = np.isin(user_E * items + other_E, taken).nonzero()
        if not len(again):
            break
        other_E[again] = rng.integers(items, size=len(again))
    return other_E
