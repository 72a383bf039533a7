"""Ranks among all items, by counting, and the scores made of them.

Shapes: R rows (one target each), D width, I items, C rows of a chunk, S seen items in total.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from recsae.metrics import CUTOFFS

DEFAULT_CHUNK = 256

Scores = Callable[[slice], Tensor]
"""The scores [C, I] of a slice of rows, on one device, in memory that the next call may reuse."""


class NotFiniteError(ValueError):
    """A score is infinite or not a number, so it has no rank."""


class Seen(NamedTuple):
    """The items that each row may not be offered: unique in a row, never its target."""

    offsets: Tensor
    """int64 [R+1]: row r masks items[offsets[r]:offsets[r+1]]."""
    items: Tensor
    """Integers [S]."""

    def at(self, index_R: Tensor) -> "Seen":
        """Return what the rows at an index mask, in its order."""
        counts_R = torch.diff(self.offsets)[index_R]
        ends_R = counts_R.cumsum(0)
        offsets = torch.cat([ends_R.new_zeros(1), ends_R])
        first_S = (self.offsets[index_R] - offsets[:-1]).repeat_interleave(counts_R)
        return Seen(offsets, self.items[first_S + torch.arange(len(first_S))])

    def entries(self, rows: slice, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return the masked entries of a slice of rows: the row within the slice, the item."""
        bounds = self.offsets[rows.start : rows.stop + 1]
        items_S = self.items[int(bounds[0]) : int(bounds[-1])].to(device, torch.int64)
        return torch.repeat_interleave(torch.diff(bounds)).to(device), items_S


class Asked(NamedTuple):
    """One item a row whose rank is wanted, and what does not count in it."""

    targets_R: Tensor
    seen: Seen

    def at(self, index_R: Tensor) -> "Asked":
        """Return what the rows at an index (on the CPU) ask, in its order."""
        return Asked(self.targets_R[index_R.to(self.targets_R.device)], self.seen.at(index_R))


class Products:
    """Scores that are products of states and the item table, a chunk of rows a time."""

    def __init__(self, states_RD: Tensor, item_table_ID: Tensor, chunk: int = DEFAULT_CHUNK):
        self._states_RD, table_ID = states_RD.detach().float(), item_table_ID.detach().float()
        self._table_ID = table_ID
        self._bounded = _scores_are_bounded(self._states_RD, table_ID)
        # A last chunk of another size could take another matrix kernel, with other roundings.
        self._padded_CD = self._states_RD.new_zeros(chunk, states_RD.shape[1])
        self._scores_CI = self._states_RD.new_empty(chunk, len(table_ID))

    def __call__(self, rows: slice) -> Tensor:
        """Return the scores [C, I]; raises NotFiniteError."""
        part = slice(0, rows.stop - rows.start)
        self._padded_CD[part] = self._states_RD[rows]
        with whole_float32():
            torch.mm(self._padded_CD, self._table_ID.T, out=self._scores_CI)
        scores_CI = self._scores_CI[part]
        if not self._bounded and not bool(torch.isfinite(scores_CI).all()):
            last = rows.stop - 1
            raise NotFiniteError(f"a score of rows {rows.start} to {last} is not finite")
        return scores_CI


@contextmanager
def whole_float32() -> Iterator[None]:
    """Multiply matrices on a GPU in whole float32, whatever torch is set to.

    TF32 keeps 10 bits of the mantissa: items of nearly equal scores would change places.
    """
    matmul = torch.backends.cuda.matmul
    before, matmul.fp32_precision = matmul.fp32_precision, "ieee"
    try:
        yield
    finally:
        matmul.fp32_precision = before


def products(states_RD: Tensor, item_table_ID: Tensor, chunk: int = DEFAULT_CHUNK) -> Scores:
    """Return the scores of states; those of one state for all rows are computed once."""
    alike = len(states_RD) > 0 and bool((states_RD == states_RD[0]).all())
    if alike and _scores_are_bounded(states_RD[:1], item_table_ID):
        scores_1I = Products(states_RD[:1], item_table_ID, chunk)(slice(0, 1))
        return lambda rows: scores_1I.expand(rows.stop - rows.start, -1)
    return Products(states_RD, item_table_ID, chunk)


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
    assert len(states_RD) == len(targets_R)
    scores = products(states_RD, item_table_ID, chunk)
    return ranks_among(scores, Asked(targets_R, seen), chunk)


def ranks_among(scores: Scores, asked: Asked, chunk: int = DEFAULT_CHUNK) -> Tensor:
    """Return the ranks among scores that are given a chunk a time, see `ranks`."""
    count = Counter(asked)
    for rows in chunks(len(asked.targets_R), chunk):
        count(rows, scores(rows))
    return count.ranks_R


class Counter:
    """Ranks of the asked items, filled in chunk by chunk."""

    def __init__(self, asked: Asked) -> None:
        assert len(asked.seen.offsets) == len(asked.targets_R) + 1
        self._asked, self._above_CI = asked, torch.empty(0)
        self.ranks_R = torch.empty(len(asked.targets_R), dtype=torch.int64)
        """int64 [R] on the CPU."""

    def __call__(self, rows: slice, scores_CI: Tensor) -> None:
        """Take in the scores of a slice of rows."""
        assert scores_CI.shape[1] < 2**24, "float32 counts exactly up to here"
        if self._above_CI.shape != scores_CI.shape:
            self._above_CI = torch.empty_like(scores_CI)
        target_C1 = self._asked.targets_R[rows].to(scores_CI.device, torch.int64).unsqueeze(1)
        floor_C1 = scores_CI.gather(1, target_C1)
        # Counted as floats: several times as fast as summing booleans.
        count_C = torch.ge(scores_CI, floor_C1, out=self._above_CI).sum(1).long()
        row_S, item_S = self._asked.seen.entries(rows, scores_CI.device)
        above_S = scores_CI[row_S, item_S] >= floor_C1.squeeze(1)[row_S]
        count_C -= torch.bincount(row_S[above_S], minlength=len(scores_CI))
        # The target, which counts itself and is never masked, is the 1 of the rank.
        self.ranks_R[rows] = count_C.cpu()


def chunks(rows: int, size: int) -> Iterator[slice]:
    """Yield slices of `size` rows, the last one of what is left."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def ranking_metrics(ranks_R: Tensor, cutoffs: Sequence[int] = CUTOFFS) -> dict[str, float]:
    """Return NDCG@k and HR@k for one relevant item a row."""
    scores = {"ndcg": ndcg, "hr": hit_rate}
    return {f"{name}@{k}": score(ranks_R, k) for k in cutoffs for name, score in scores.items()}


def ndcg(ranks_R: Tensor, k: int) -> float:
    """Return the mean of what the rows add to NDCG@k."""
    return float(gains(ranks_R, k).mean())


def hit_rate(ranks_R: Tensor, k: int) -> float:
    """Return the share of rows whose rank is at most k."""
    return float((ranks_R <= k).double().mean())


def gains(ranks_R: Tensor, k: int = 10) -> Tensor:
    """Return what each row adds to NDCG@k, float64 [R]."""
    return (1 / torch.log2(1 + ranks_R.double())) * (ranks_R <= k)


def percentiles(ranks_R: Tensor, candidates_R: Tensor) -> Tensor:
    """Return the percentile rank of each row, float64 [R]; a sole candidate is at the top."""
    return (ranks_R - 1).double() / (candidates_R - 1).clamp_min(1).double()


def candidates(seen: Seen, items: int) -> Tensor:
    """Return how many of all items each row may be offered, int64 [R]."""
    return items - torch.diff(seen.offsets)


def _scores_are_bounded(states_RD: Tensor, item_table_ID: Tensor) -> bool:
    """Whether Cauchy-Schwarz already rules out a score that is not finite, without a look at it."""
    if not len(states_RD):
        return True
    longest = [table.double().norm(dim=1).max() for table in (states_RD, item_table_ID)]
    return bool(longest[0] * longest[1] < torch.finfo(torch.float32).max / 2)
