"""How near a model's scores are to the base's, in the pass over the scores that gives its ranks.

Shapes: R rows, I items, C rows of a chunk, T places at the top.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from recsae.metrics.ranking import DEFAULT_CHUNK, Asked, Counter, Scores, Seen, chunks

TOP = 10
MASKED = -1e30
"""Score of an item that is not allowed: finite, so that its difference to itself is 0."""


class Closeness(NamedTuple):
    """What one pass over both models' scores gives."""

    ranks: list[Tensor]
    """int64 [R] on the CPU for each question asked."""
    kl_R: Tensor
    """float64 [R]: KL(softmax of the base's scores || softmax of the model's), nats."""
    overlap_R: Tensor
    """float64 [R]: share of the base's top 10 that is among the model's."""


def closeness(
    ours: Scores, base: Scores, asked: Sequence[Asked], seen: Seen, chunk: int = DEFAULT_CHUNK
) -> Closeness:
    """Compare over the items that `seen` allows, and answer what is asked of our scores."""
    counters = [Counter(question) for question in asked]
    rows_R = len(seen.offsets) - 1
    kl_R, overlap_R = (torch.empty(rows_R, dtype=torch.float64) for _ in range(2))
    for rows in chunks(rows_R, chunk):
        ours_CI, base_CI = ours(rows), base(rows)
        for count in counters:
            count(rows, ours_CI)
        masked = seen.entries(rows, base_CI.device)
        ours_CI[masked] = base_CI[masked] = MASKED
        kl_R[rows] = divergence(base_CI, ours_CI).cpu()
        overlap_R[rows] = overlap(base_CI, ours_CI).cpu()
    return Closeness([count.ranks_R for count in counters], kl_R, overlap_R)


def divergence(base_CI: Tensor, ours_CI: Tensor) -> Tensor:
    """Return KL(softmax base || softmax ours) in nats, float64 [C]."""
    ours_log_CI = ours_CI.log_softmax(1)
    base_log_CI = base_CI.log_softmax(1)
    gap_CI = torch.sub(base_log_CI, ours_log_CI, out=ours_log_CI)  # 0 where both are masked
    return base_log_CI.exp_().mul_(gap_CI).sum(1).double().clamp_min_(0.0)  # rounding goes below 0


def overlap(base_CI: Tensor, ours_CI: Tensor) -> Tensor:
    """Return the share of the base's top items among ours, float64 [C].

    Where fewer than TOP items are allowed, all of those are the top.
    """
    top = min(TOP, base_CI.shape[1])
    best_CT, best_items_CT = base_CI.topk(top, dim=1)
    ours_items_CT = ours_CI.topk(top, dim=1).indices
    kept_CT = (best_items_CT[:, :, None] == ours_items_CT[:, None, :]).any(2)
    real_CT = best_CT > MASKED
    return (kept_CT & real_CT).sum(1).double() / real_CT.sum(1).clamp_min(1)
