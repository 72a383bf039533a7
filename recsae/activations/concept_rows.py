"""What stored rows are about: attributes of the item that follows, or the concept that is followed.

S train rows of a sample, R rows of the scored split, C attributes or concepts, I items.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from recsae.activations.extraction import Split
from recsae.activations.store import Activations
from recsae.errors import SettingError
from recsae.interactions.attributes import TITLE, tags
from recsae.interactions.settings import is_synthetic, synthetic_settings
from recsae.interactions.synthetic import Followed, concepts_followed
from recsae.metrics.concepts.rows import (
    LEAST_DEV,
    LEAST_TRAIN,
    ConceptRows,
    Ints,
    frequent,
    sample,
)
from recsae.metrics.registry import metrics
from recsae.sequences import Sequences

NO_ATTRIBUTES: Final = (
    f"expected data with attributes of items, such as a genre, that {LEAST_TRAIN} train rows and "
    f"{LEAST_DEV} dev rows have, and as many lack"
)
NO_CONCEPTS: Final = "expected synthetic data, unfiltered, whose concepts are known"

Bools = npt.NDArray[np.bool_]


def attribute_rows(
    activations: Activations, split: Split, device: torch.device
) -> ConceptRows | None:
    """Return the rows with the attributes of their next items; None if too few have any.

    Which attributes count is settled by train and dev, so that it is the same for every split.
    """
    next_S, dev_R = next_items(activations)
    known = frequent_tags(activations.attributes, len(activations.item_table), next_S, dev_R)
    if known is None:
        return None
    names, items_IC = known
    scored_RC = items_IC[activations.targets(split).item]
    return _rows(activations, names, items_IC[next_S], scored_RC, device, items_IC)


def next_items(activations: Activations) -> tuple[Ints, Ints]:
    """Return the items that follow the sample of train rows [S], and those of dev [R]."""
    next_N = activations.train_next
    return next_N[sample(len(next_N))], activations.targets("dev").item


def frequent_tags(
    attributes: pd.DataFrame, n_items: int, next_S: Ints, dev_R: Ints
) -> tuple[tuple[str, ...], Bools] | None:
    """Return the attributes that count, and which items have them [I, C]; None if none does.

    next_S, dev_R: the next items of the train rows that are taken, and of dev.
    """
    known = attributes[attributes["attribute"] != TITLE]
    rows_I = np.bincount(next_S, minlength=n_items)
    # Before a column is made of each value: there may be as many as there are items.
    rows_P = known.assign(rows=rows_I[known["item"]]).groupby(["attribute", "value"])["rows"]
    known = known[rows_P.transform("sum") >= LEAST_TRAIN]
    found = tags(known, n_items, {name: name for name in known["attribute"].unique()})
    if found is None:
        return None
    member_IC = found.to_numpy()
    chosen = frequent(member_IC[next_S], member_IC[dev_R])
    names = tuple(str(name) for name in found.columns[chosen])
    return (names, member_IC[:, chosen]) if len(chosen) else None


def true_rows(activations: Activations, split: Split, device: torch.device) -> ConceptRows | None:
    """Return the rows with the concept that their user follows at the end of the history.

    None unless the data were generated, and hold all that was.
    """
    ids = activations.item_ids.to_numpy()
    made = known_concepts(activations.meta["dataset"], ids, activations.items)
    if made is None:
        return None
    event_S = activations.train_events()[sample(len(activations.train_next))]
    event_R = activations.targets(split).position - 1
    return _rows(activations, made.names, made.has_EC[event_S], made.has_EC[event_R], device)


def known_concepts(dataset: str, item_ids: npt.NDArray[Any], items_E: Ints) -> Followed | None:
    """Return the concepts behind all events, None unless they are just those that were generated.

    item_ids: the original ids; items_E: the codes of the items, user after user.
    """
    if not is_synthetic(dataset):
        return None
    made = concepts_followed(synthetic_settings(dataset))
    return made if np.array_equal(item_ids[items_E], made.item_E) else None


def check_needs(names: Iterable[str], sequences: Sequences) -> None:
    """Raise SettingError for a metric that would have no value on these data."""
    for name in names:
        needs = metrics()[name].needs
        if needs == "attributes" and not _has_attributes(sequences):
            raise SettingError(name, f"{NO_ATTRIBUTES}; {sequences.name} has none of these")
        if needs == "concepts" and not _has_concepts(sequences):
            raise SettingError(name, f"{NO_CONCEPTS}; got {sequences.name}")


def _has_attributes(sequences: Sequences) -> bool:
    if sequences.attributes is None:
        return False
    events_N = sequences.train_events()
    next_S = sequences.items[events_N[sample(len(events_N))] + 1]
    dev_R = sequences.dev.item
    return frequent_tags(sequences.attributes, sequences.n_items, next_S, dev_R) is not None


def _has_concepts(sequences: Sequences) -> bool:
    return known_concepts(sequences.name, sequences.item_ids, sequences.items) is not None


def _rows(
    activations: Activations,
    names: tuple[str, ...],
    train_SC: Bools,
    scored_RC: Bools,
    device: torch.device,
    items_IC: Bools | None = None,
) -> ConceptRows | None:
    """Return rows without what all or none of them have; None if nothing is left."""
    left = np.flatnonzero(_differs(train_SC) & _differs(scored_RC))
    if not len(left):
        return None
    chosen_S = torch.from_numpy(sample(len(activations.train_next)))
    x_SD = activations.tensor("train_x")[chosen_S].float().to(device)
    kept = tuple(names[place] for place in left)
    has_IC = None if items_IC is None else items_IC[:, left]
    return ConceptRows(kept, x_SD, train_SC[:, left], scored_RC[:, left], has_IC)


def _differs(has_RC: Bools) -> Bools:
    return np.asarray(has_RC.any(0) & ~has_RC.all(0))
