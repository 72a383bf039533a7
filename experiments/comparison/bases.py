"""The bases of a comparison: trained or found in the cache, with all that is read of their data.

Shapes: I items, C categories, U users or rows of test.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from comparison.plan import GROUPS
from comparison.spaces import VIEWS
from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.interactions.attributes import tags
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.jobs.sources import Source, base_folder
from recsae.metrics.groups import user_groups
from recsae.recommenders.base_choice import BaseChoice

POSITIVES = {"train": 100, "dev": 10, "test": 20}
"""So many of a split's targets at least must be of a category, and as many not, for it to count."""
MOST_CATEGORIES = 64
"""The most frequent among train rows; beyond, a macro mean changes little and time much."""


@dataclass(frozen=True)
class Prepared:
    """One base of one data set, as plain values that travel to other processes."""

    dataset: str
    base_seed: int
    activations: str
    """Folder of its states."""
    fingerprint: str
    """Of the states."""
    base: dict[str, Any]
    """fingerprint, settings and metrics of the base."""
    folder: str | None
    """Of the base, where readings of test are counted."""
    source: dict[str, Any]
    protocol: str


def prepare(data: dict[str, Any], base_seed: int, base: dict[str, Any]) -> Prepared:
    """Return a base and its states; trained and stored unless they are in the cache.

    `data`: settings of the data.
    """
    cache = Cache.default()
    choice = BaseChoice.of({**base, "base_seed": base_seed})
    store = ActivationSettings(activation_views=VIEWS)
    source = Source(DataSettings.of(data), choice, store)
    ready = source.prepare(cache, torch.device("cpu"))
    activations, folder = ready.activations, base_folder(ready.activations, cache)
    return Prepared(
        dataset=source.data.dataset,
        base_seed=base_seed,
        activations=str(activations.path),
        fingerprint=activations.fingerprint,
        base=activations.meta["base"],
        folder=None if folder is None else str(folder),
        source=ready.source.values(),
        protocol=activations.meta["protocols"]["history"],
    )


def groups(activations: Activations) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which rows of test belong to each of GROUPS, bool [U]."""
    popularity_U = activations.item_train_counts()[activations.test_target]
    met_U = activations.met("test")
    masks = user_groups(activations.history_lengths("test"), popularity_U, met_U)
    return {name: masks[name] for name in GROUPS}


@dataclass(frozen=True)
class Categories:
    """The categories of a data set's items that occur often enough to be asked for."""

    names: tuple[str, ...]
    member_IC: npt.NDArray[np.bool_]


def categories(settings: DataSettings, activations: Activations) -> Categories | None:
    """Return the categories with enough targets in each split, most frequent first; None if none.

    A category is a tag of the items, such as `i_category=3`.
    """
    data = load(settings)
    known = data.attributes
    found = None if known is None else tags(known, data.n_items, data.tag_names)
    if found is None:
        return None
    member_IC = found.to_numpy()
    enough_C = np.ones(member_IC.shape[1], bool)
    for split, least in POSITIVES.items():
        count_C = _positives(activations, split, member_IC)
        enough_C &= (count_C >= least) & (_rows(activations, split) - count_C >= least)
    often_C = _positives(activations, "train", member_IC)
    chosen = np.flatnonzero(enough_C)
    chosen = chosen[np.argsort(-often_C[chosen], kind="stable")][:MOST_CATEGORIES]
    if not len(chosen):
        return None
    return Categories(tuple(str(name) for name in found.columns[chosen]), member_IC[:, chosen])


def write_categories(found: Categories, path: Path) -> None:
    """Keep the membership for other processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, found.member_IC)


def _positives(activations: Activations, split: str, member_IC: npt.NDArray[np.bool_]) -> Any:
    count_I = np.bincount(_targets(activations, split), minlength=len(member_IC))
    return count_I @ member_IC


def _rows(activations: Activations, split: str) -> int:
    return len(_targets(activations, split))


def _targets(activations: Activations, split: str) -> Any:
    return getattr(activations, "train_next" if split == "train" else f"{split}_target")
