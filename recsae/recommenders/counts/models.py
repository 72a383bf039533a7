"""The baselines: scores by counts over the training items. Shapes: I items, E events, U users,
R targets, C rows of a chunk, P pairs of items.

Popularity: how often an item is a training item, for every user alike. Equally popular items come
in one order, the larger id first (where ids follow the items' first appearance, the newer one).
MarkovChain: how often an item followed the user's last one among the training items (first order,
not smoothed); popularity decides between items that followed equally often, or never.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recsae.metrics.ranking import Scores
from recsae.recommenders.counts import MARKOV_CHAIN, POPULARITY
from recsae.sequences import Ints


class Histories(NamedTuple):
    """Who did what in which order, and what of it may be counted."""

    items: Ints
    """[E]: all events, of user after user."""
    offsets: Ints
    """[U+1]: user u's events are items[offsets[u]:offsets[u+1]]."""
    train_lengths: Ints
    """[U]: so many of a user's first events are training items."""
    n_items: int

    def train_events(self, but_last: int = 0) -> npt.NDArray[np.int64]:
        """Return where the training items lie, without the `but_last` last ones of each user."""
        lengths_U = np.diff(self.offsets)
        step_E = np.arange(len(self.items)) - np.repeat(self.offsets[:-1], lengths_U)
        return np.flatnonzero(step_E < np.repeat(self.train_lengths - but_last, lengths_U))

    def item_counts(self) -> npt.NDArray[np.int64]:
        """Return how often each item is a training item, int64 [I]."""
        return np.bincount(self.items[self.train_events()], minlength=self.n_items)

    def popularity(self) -> Tensor:
        """Return a score from 0 to below 1 that orders the items by their counts, float64 [I]."""
        place_I = np.empty(self.n_items)
        place_I[np.argsort(self.item_counts(), kind="stable")] = np.arange(self.n_items)
        return torch.from_numpy(place_I / self.n_items)


def popularity(histories: Histories, position_R: Ints) -> Scores:
    """Return the scores of Popularity."""
    score_I = histories.popularity()
    return lambda rows: score_I.expand(rows.stop - rows.start, -1)


def markov_chain(histories: Histories, position_R: Ints) -> Scores:
    """Return the scores of MarkovChain; position: where in the events each target stands."""
    popularity_I = histories.popularity()  # adds less than one more transition would
    followers = _Followers(histories)
    last_R = histories.items[position_R - 1]
    first_R = torch.from_numpy(np.isin(position_R, histories.offsets))  # nothing comes before
    return lambda rows: (
        followers.counts(last_R[rows]).masked_fill_(first_R[rows, None], 0).add_(popularity_I)
    )


SCORERS: dict[str, Callable[[Histories, Ints], Scores]] = {
    POPULARITY: popularity,
    MARKOV_CHAIN: markov_chain,
}


class _Followers:
    """How often each item followed each other, of the pairs that occur."""

    def __init__(self, histories: Histories) -> None:
        event_N, self._items = histories.train_events(but_last=1), histories.n_items
        first_N, next_N = (histories.items[at].astype(np.int64) for at in (event_N, event_N + 1))
        pair_P, self._count_P = np.unique(first_N * self._items + next_N, return_counts=True)
        first_P, self._next_P = np.divmod(pair_P, self._items)
        self._start = np.searchsorted(first_P, np.arange(self._items + 1))

    def counts(self, last_C: Ints) -> Tensor:
        """Return how often each item followed those, float64 [C, I]."""
        length_C = np.diff(self._start)[last_C]
        row_P = np.repeat(np.arange(len(last_C)), length_C)
        step_P = np.arange(len(row_P)) - np.repeat(np.cumsum(length_C) - length_C, length_C)
        pair_P = self._start[last_C][row_P] + step_P
        counts_CI = torch.zeros(len(last_C), self._items, dtype=torch.float64)
        places = torch.from_numpy(row_P), torch.from_numpy(self._next_P[pair_P])
        counts_CI[places] = torch.from_numpy(self._count_P[pair_P]).double()
        return counts_CI
