"""Ranks among all items, by counting, and the scores made of them.

Shapes: R rows (one target each), D width, I items, C rows of a chunk, S seen items in total.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from recsae.metrics import CUTOFFS

DEFAULT_CHUNK = 256


class NotFiniteError(ValueError):
    """A score is infinite or not a number, so it has no rank."""


class Seen(NamedTuple):
    """The items that each row may not be offered: unique in a row, never its target."""

    offsets: Tensor
    """int64 [R+1]: row r masks items[offsets[r]:offsets[r+1]]."""
    items: Tensor
    """Integers [S]."""


def nothing_seen(rows: int) -> Seen:
    """Mask nothing in each of `rows` rows."""
    return Seen(torch.zeros(rows + 1, dtype=torch.int64), torch.zeros(0, dtype=torch.int32))


def ranks(
    states_RD: Tensor,
    item_table_ID: Tensor,
    targets_R: Tensor,
    seen: Seen,
    chunk: int = DEFAULT_CHUNK,
) -> Tensor:
    """Return int64 [R] on the CPU: 1 + the allowed other items that score at least the target.

    Raises NotFiniteError when a score is not finite.
    """
    assert len(seen.offsets) == len(states_RD) + 1 == len(targets_R) + 1
    assert len(item_table_ID) < 2**24, "float32 counts exactly up to here"
    states_RD, item_table_ID = states_RD.detach().float(), item_table_ID.detach().float()
    bounded = _scores_are_bounded(states_RD, item_table_ID)
    # A last chunk of another size could take another matrix kernel, with other roundings.
    padded_CD = states_RD.new_zeros(chunk, states_RD.shape[1])
    scores_CI, above_CI = (states_RD.new_empty(chunk, len(item_table_ID)) for _ in range(2))
    rank_R = torch.empty(len(states_RD), dtype=torch.int64)
    for start in range(0, len(states_RD), chunk):
        rows = slice(start, min(start + chunk, len(states_RD)))
        part = slice(0, rows.stop - start)
        padded_CD[part] = states_RD[rows]
        torch.mm(padded_CD, item_table_ID.T, out=scores_CI)
        if not bounded and not bool(torch.isfinite(scores_CI[part]).all()):
            raise NotFiniteError(f"a score of rows {start} to {rows.stop - 1} is not finite")
        target_C1 = targets_R[rows].to(states_RD.device, torch.int64).unsqueeze(1)
        floor_C1 = scores_CI[part].gather(1, target_C1)
        # Counted as floats: several times as fast as summing booleans.
        count_C = torch.ge(scores_CI[part], floor_C1, out=above_CI[part]).sum(1).long()
        # The target, which counts itself and is never masked, is the 1 of the rank.
        rank_R[rows] = (count_C - _seen_above(scores_CI[part], floor_C1, seen, rows)).cpu()
    return rank_R


def ranking_metrics(ranks_R: Tensor, cutoffs: Sequence[int] = CUTOFFS) -> dict[str, float]:
    """Return the means over rows of NDCG@k and HR@k for one relevant item a row."""
    gains_R = 1 / torch.log2(1 + ranks_R.double())
    metrics = {}
    for k in cutoffs:
        hit_R = ranks_R <= k
        metrics[f"ndcg@{k}"] = float((gains_R * hit_R).mean())
        metrics[f"hr@{k}"] = float(hit_R.double().mean())
    return metrics


def _scores_are_bounded(states_RD: Tensor, item_table_ID: Tensor) -> bool:
    """Whether Cauchy-Schwarz already rules out a score that is not finite, without a look at it."""
    if not len(states_RD):
        return True
    longest = [table.double().norm(dim=1).max() for table in (states_RD, item_table_ID)]
    return bool(longest[0] * longest[1] < torch.finfo(torch.float32).max / 2)


def _seen_above(scores_CI: Tensor, floor_C1: Tensor, seen: Seen, rows: slice) -> Tensor:
    """Count the masked items of each row that score at least its target."""
    bounds = seen.offsets[rows.start : rows.stop + 1]
    items_S = seen.items[int(bounds[0]) : int(bounds[-1])].to(scores_CI.device, torch.int64)
    row_S = torch.repeat_interleave(torch.diff(bounds)).to(scores_CI.device)
    above_S = scores_CI[row_S, items_S] >= floor_C1.squeeze(1)[row_S]
    return torch.bincount(row_S[above_S], minlength=len(scores_CI))
