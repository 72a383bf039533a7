"""The best items of each row by two kinds of states at once.

C rows of a chunk, I items, R rows, D width, P places in the answer.
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
    scores = [Products(states_RD, item_table_ID) for states_RD in (one_RD, other_RD)]
    found = [pd.DataFrame({name: np.zeros(0, kind) for name, kind in _KINDS.items()})]
    for rows in chunks(len(one_RD), DEFAULT_CHUNK):
        one, other = (_ranked(score(rows).clone(), seen, rows) for score in scores)
        (rank_CI, score_CI), (other_rank_CI, _) = one, other
        wanted_CI = (rank_CI <= k) | (of_either & (other_rank_CI <= k))
        at_P = (wanted_CI & score_CI.isfinite()).nonzero(as_tuple=True)
        columns = (at_P[0] + rows.start, at_P[1], *(part_CI[at_P] for part_CI in (*one, *other)))
        arrays = (column_P.cpu().numpy() for column_P in columns)
        found.append(pd.DataFrame(dict(zip(_KINDS, arrays, strict=True))))
    return pd.concat(found).sort_values(["row", "rank"], ignore_index=True)


def _ranked(scores_CI: Tensor, seen: Seen | None, rows: slice) -> tuple[Tensor, Tensor]:
    """Return the rank of each item in its row, and the scores, -inf where an item was seen."""
    if seen is not None:
        row_S, item_S = seen.entries(rows, scores_CI.device)
        scores_CI[row_S, item_S] = -torch.inf
    order_CI = scores_CI.argsort(dim=1, descending=True, stable=True)
    places_CI = torch.arange(1, scores_CI.shape[1] + 1, device=scores_CI.device)
    rank_CI = torch.empty_like(order_CI)
    return rank_CI.scatter_(1, order_CI, places_CI.expand_as(order_CI)), scores_CI
