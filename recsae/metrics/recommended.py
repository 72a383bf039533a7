"""The first items of every user's ranking, and how they are spread over all items.

R rows (users), I items, K places, C rows of a chunk.
"""

import torch
from torch import Tensor

from recsae.metrics.ranking import DEFAULT_CHUNK, Scores, Seen, chunks

NONE = -1
"""In place of an item where a row may be offered fewer."""


def top_items(scores: Scores, seen: Seen, items: int, k: int, chunk: int = DEFAULT_CHUNK) -> Tensor:
    """Return the k items of the highest scores that a row may be offered, int64 [R, K] on the CPU.

    The best is the first; NONE where fewer may be offered.
    """
    rows_R, places = len(seen.offsets) - 1, min(k, items)
    found_RK = torch.full((rows_R, k), NONE, dtype=torch.int64)
    for rows in chunks(rows_R, chunk):
        own_CI = scores(rows).clone()
        own_CI[seen.entries(rows, own_CI.device)] = -torch.inf
        best_CK, item_CK = own_CI.topk(places, dim=1)
        item_CK[best_CK == -torch.inf] = NONE
        found_RK[rows, :places] = item_CK.cpu()
    return found_RK


def exposure(top_RK: Tensor, items: int) -> Tensor:
    """Return how many rows are offered each item, int64 [I]."""
    return torch.bincount(top_RK[top_RK != NONE], minlength=items)


def item_coverage(top_RK: Tensor, items: int) -> float:
    """Return the share of all items that any row is offered."""
    return float((exposure(top_RK, items) > 0).double().mean())


def gini(top_RK: Tensor, items: int) -> float:
    """Return the Gini coefficient of how often each item is offered; 0 is equally often.

    With the counts in rising order: sum of (2 i - I - 1) n_i, i from 1, divided by I sum of n_i.
    """
    count_I = exposure(top_RK, items).double().sort().values
    weight_I = 2 * torch.arange(1, items + 1, dtype=torch.float64) - items - 1
    return float((weight_I * count_I).sum() / (items * count_I.sum()))


def novelty(top_RK: Tensor, train_count_I: Tensor) -> float:
    """Return the mean of -log2 of an item's share of the training events, over all that is offered.

    An item without an event counts as if it had one.
    """
    share_I = train_count_I.double().clamp_min(1) / train_count_I.sum()
    return float(-share_I[top_RK[top_RK != NONE]].log2().mean())
