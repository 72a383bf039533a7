"""Which rows have which attributes: those of the item that follows.

S train rows of a sample, R rows of the scored split, C attributes, I items.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from recsae.metrics.concepts.auc import Bools

SAMPLE: Final = 20_000
"""Train rows, at most, among which latents are chosen; always the same ones of a data set."""
LEAST_TRAIN: Final = 50
"""An attribute counts if so many of these rows have it, and as many do not."""
LEAST_DEV: Final = 10
"""So many of the dev rows at least must have it, and as many not."""
MOST: Final = 200
"""Attributes at most: those that most train rows have."""

Ints = npt.NDArray[np.integer[Any]]


class ConceptRows(NamedTuple):
    """The rows that a score needs, and what each of them has."""

    names: tuple[str, ...]
    train_SD: Tensor
    """States, on the device of the scored ones."""
    train_SC: Bools
    scored_RC: Bools
    items_IC: Bools | None = None
    """Which items have them; None of what users follow, which no item has by itself."""


def sample(rows: int) -> Ints:
    """Return which of the train rows are taken, in order."""
    if rows <= SAMPLE:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, SAMPLE, replace=False))


def frequent(train_SC: Bools, dev_RC: Bools) -> Ints:
    """Return the attributes that enough rows have and lack, most frequent first."""
    enough_C = _enough(train_SC, LEAST_TRAIN) & _enough(dev_RC, LEAST_DEV)
    chosen = np.flatnonzero(enough_C)
    return chosen[np.argsort(-train_SC.sum(0)[chosen], kind="stable")][:MOST]


def _enough(has_RC: Bools, least: int) -> Bools:
    count_C = has_RC.sum(0)
    return np.asarray((count_C >= least) & (len(has_RC) - count_C >= least))
