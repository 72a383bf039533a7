"""The best items of each row by two kinds of states at once.

C rows of a chunk, I items, R rows, D width, P places of the answer.
"""

from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from recsae.inference.states import chunks
from recsae.metrics.ranking import DEFAULT_CHUNK, Products, Seen

_KINDS: Final[dict[str, Any]] = {
    "row": np.int64,
    "item": np.int64,
    "rank": np.int64,
    "score": np.float32,
    "other_rank": np.int64,
    "other_score": np.float32,
}
_COUNTED: Final = 32
"""Items of a row up to which it is faster to count what scores more than to sort all."""


def top_items(
    one_RD: Tensor,
    other_RD: Tensor,
    item_table_ID: Tensor,
    seen: Seen | None,
    k: int,
    *,
    of_either: bool = False,
) -> pd.DataFrame:
    """Return the k best items (codes) of each row by the one states, or by either.

    A row a place: row, item, rank (from 1) and score by the one states, other_rank and other_score
    by the others. What a row has seen is in neither ranking. Equal scores rank by item code.
    Raises NotFiniteError when a score is not finite.
    """
    k = min(k, len(item_table_ID))
    scores = [Products(states_RD, item_table_ID) for states_RD in (one_RD, other_RD)]
    found = [pd.DataFrame({name: np.zeros(0, kind) for name, kind in _KINDS.items()})]
    for rows in chunks(len(one_RD), DEFAULT_CHUNK):
        one_CI, other_CI = (_masked(score(rows).clone(), seen, rows) for score in scores)
        tops = [_top(scores_CI, k) for scores_CI in ([one_CI, other_CI] if of_either else [one_CI])]
        item_CP = torch.cat(tops, dim=1)
        row_CP = torch.arange(len(item_CP), device=item_CP.device)[:, None].expand_as(item_CP)
        columns_CP = [row_CP + rows.start, item_CP]
        for scores_CI in (one_CI, other_CI):
            columns_CP += [_ranks(scores_CI, item_CP), scores_CI.gather(1, item_CP)]
        arrays = (column_CP.flatten().cpu().numpy() for column_CP in columns_CP)
        found.append(pd.DataFrame(dict(zip(_KINDS, arrays, strict=True))))
    # What is in both lists is there twice, and a short list is filled up with what was seen.
    frame: pd.DataFrame = pd.concat(found).drop_duplicates(["row", "item"])
    frame = frame[np.isfinite(frame["score"])]
    return frame.sort_values(["row", "rank"], ignore_index=True)


def _masked(scores_CI: Tensor, seen: Seen | None, rows: slice) -> Tensor:
    """Return the scores, -inf where an item was seen."""
    if seen is not None:
        row_S, item_S = seen.entries(rows, scores_CI.device)
        scores_CI[row_S, item_S] = -torch.inf
    return scores_CI


def _top(scores_CI: Tensor, k: int) -> Tensor:
    """Return the k best items of each row [C, k]; of equal ones those with lower codes."""
    value_Ck, item_Ck = scores_CI.topk(k, dim=1)
    # topk takes any of those that are as good as the last; a sort takes ten times as long.
    tied_C = (scores_CI >= value_Ck[:, -1:]).float().sum(1) > k
    if bool(tied_C.any()):
        item_Ck[tied_C] = scores_CI[tied_C].argsort(dim=1, descending=True, stable=True)[:, :k]
    return item_Ck


def _ranks(scores_CI: Tensor, item_CP: Tensor) -> Tensor:
    """Return the ranks, from 1, of some items of each row [C, P]; equal ones by their codes."""
    rank_CP = torch.empty_like(item_CP)
    code_I = torch.arange(scores_CI.shape[1], device=scores_CI.device)
    if item_CP.shape[1] > _COUNTED:
        order_CI = scores_CI.argsort(dim=1, descending=True, stable=True)
        place_CI = torch.empty_like(order_CI).scatter_(1, order_CI, code_I.expand_as(order_CI))
        return 1 + place_CI.gather(1, item_CP)
    above_CI = torch.empty_like(scores_CI)  # counted as floats: several times as fast as booleans
    for place, item_C in enumerate(item_CP.T):
        score_C1 = scores_CI.gather(1, item_C[:, None])
        above_C = torch.gt(scores_CI, score_C1, out=above_CI).sum(1)
        alike_C = torch.ge(scores_CI, score_C1, out=above_CI).sum(1) - above_C
        rank_CP[:, place] = 1 + above_C.long()
        for row in (alike_C > 1).nonzero().flatten().tolist():
            before = scores_CI[row, : item_C[row]] == score_C1[row]
            rank_CP[row, place] += before.sum()
    return rank_CP
