"""The states of a frozen recommender, and how well it ranks by them.

Shapes: R targets, W windows, B windows of a batch, L their padded length, D width.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from recsae.metrics.ranking import Seen, ranking_metrics, ranks
from recsae.recommenders.recommender import Recommender
from recsae.sequences import Ints, Mask, Sequences, Targets, Windows, batches, seen_items

STATE_BATCH = 256


def window_states(
    model: Recommender, sequences: Sequences, windows: Windows, device: torch.device
) -> Iterator[tuple[Ints, Tensor]]:
    """Yield indices of windows and their states [B, L, D], windows of like length together."""
    for index_B, items_BL, lengths_B in _batches(sequences, windows, device):
        with torch.no_grad():
            hidden_BLD = model.hidden(items_BL, lengths_B)
        yield index_B, hidden_BLD


def target_states(
    model: Recommender, sequences: Sequences, targets: Targets, device: torch.device
) -> Tensor:
    """Return the states [R, D] from which the targets are predicted."""
    windows = sequences.contexts(targets, model.max_len)
    states_RD = model.item_table().new_empty(len(targets.user), model.item_table().shape[1])
    for index_B, items_BL, lengths_B in _batches(sequences, windows, device):
        with torch.no_grad():
            # Windows come by their length; their states go back to the order of the targets.
            states_RD[torch.from_numpy(index_B)] = model.last(items_BL, lengths_B)
    return states_RD


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
