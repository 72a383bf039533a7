"""The states of a frozen recommender, and how well it ranks by them.

Shapes: R targets, W windows, B windows of a batch, L their padded length, D width, N train rows.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from recsae.errors import RecsaeError
from recsae.metrics.ranking import Seen, ranking_metrics, ranks
from recsae.recommenders.recommender import Recommender, SequenceRecommender, StoredRecommender
from recsae.sequences import Ints, Mask, Sequences, Targets, Windows, batches, seen_items

STATE_BATCH = 256
_STORED_ROWS = 16_384


def train_states(
    model: Recommender, sequences: Sequences, device: torch.device
) -> Iterator[tuple[Ints, Tensor]]:
    """Yield places among the train rows, and their states, until each row has come once."""
    if isinstance(model, StoredRecommender):
        user_N, event_N = sequences.train_users(), sequences.train_targets()
        for start in range(0, len(user_N), _STORED_ROWS):
            place = np.arange(start, min(start + _STORED_ROWS, len(user_N)))
            yield place, _stored(model, user_N[place], event_N[place], device)
        return
    model, event_N = _of_sequences(model), sequences.train_events()
    # The train row of each event; -1 for an event that is none.
    row_E = np.full(len(sequences.items), -1)
    row_E[event_N] = np.arange(len(event_N))
    windows, skip_W = sequences.train_cover(model.max_len)
    for index_B, items_BL, lengths_B in _batches(sequences, windows, device):
        with torch.no_grad():
            hidden_BLD = model.hidden(items_BL, lengths_B)
        step_L = np.arange(hidden_BLD.shape[1])
        kept_BL = (step_L >= skip_W[index_B, None]) & (step_L < windows.length[index_B, None])
        event_BL = windows.start[index_B, None] + step_L
        yield row_E[event_BL[kept_BL]], hidden_BLD[torch.from_numpy(kept_BL).to(device)]


def target_states(
    model: Recommender, sequences: Sequences, targets: Targets, device: torch.device
) -> Tensor:
    """Return the states [R, D] from which the targets are predicted."""
    if isinstance(model, StoredRecommender):
        return _stored(model, targets.user, targets.position, device)
    model = _of_sequences(model)
    windows = sequences.contexts(targets, model.max_len)
    states_RD = model.item_table().new_empty(len(targets.user), model.item_table().shape[1])
    for index_B, items_BL, lengths_B in _batches(sequences, windows, device):
        with torch.no_grad():
            # Windows come by their length; their states go back to the order of the targets.
            states_RD[torch.from_numpy(index_B)] = model.last(items_BL, lengths_B)
    return states_RD


def _of_sequences(model: Recommender) -> SequenceRecommender:
    if not isinstance(model, SequenceRecommender):
        words = "expected a SequenceRecommender or a StoredRecommender"
        raise RecsaeError(f"{type(model).__name__}: {words}")
    return model


@torch.no_grad()
def _stored(model: StoredRecommender, user_R: Ints, event_R: Ints, device: torch.device) -> Tensor:
    user, event = (torch.tensor(part_R.astype(np.int64)).to(device) for part_R in (user_R, event_R))
    return model.states(user, event)


def _batches(
    sequences: Sequences, windows: Windows, device: torch.device
) -> Iterator[tuple[Ints, Tensor, Tensor]]:
    for index_B in batches(windows, STATE_BATCH):
        part = Windows(windows.start[index_B], windows.length[index_B])
        items_BL = torch.from_numpy(sequences.batch(part)).to(device)
        yield index_B, items_BL, torch.from_numpy(part.length).to(device)


def seen_of(sequences: Sequences, targets: Targets, mask: Mask = "history") -> Seen:
    """Return what each target's row may not be offered."""
    offsets, items = seen_items(sequences.items, sequences.offsets, targets, mask)
    return Seen(torch.from_numpy(offsets), torch.from_numpy(items))


def evaluate(
    model: Recommender, sequences: Sequences, targets: Targets, seen: Seen, device: torch.device
) -> dict[str, float]:
    """Return NDCG@k and HR@k over all items."""
    states_RD = target_states(model, sequences, targets, device)
    item_R = torch.from_numpy(targets.item)
    return ranking_metrics(ranks(states_RD, model.item_table(), item_R, seen))
