"""Own states as sequences: what was seen, train targets, dev target, test target, user by user.

Shapes: E events, U users, N train rows.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from recsae.errors import RecsaeError
from recsae.interactions.attributes import by_code
from recsae.recommenders.own_states.checks import SPLITS
from recsae.sequences import Met, Sequences, Targets, met_before

Array = npt.NDArray[Any]
_SEEN, _TRAIN, _DEV, _LATER, _TEST = range(5)


def sequences_of(arrays: dict[str, Array], name: str, source: str) -> tuple[Sequences, Array]:
    """Return checked arrays as sequences, and the state before each event, -1 where there is none.

    States are counted over train, then dev, then test. Raises RecsaeError where the users that are
    given had not seen what they trained on.
    """
    rows = [len(arrays[f"{split}_states"]) for split in SPLITS]
    ids, user_S = _users(arrays, rows)
    user_of = dict(zip(SPLITS, np.split(user_S, np.cumsum(rows)[:-1]), strict=True))
    parts, known = [], set[tuple[int, int]]()
    first = 0
    for split, place in zip(SPLITS, (_TRAIN, _DEV, _TEST), strict=True):
        seen = arrays.get(f"{split}_seen")
        if seen is not None:
            pairs = np.unique(np.column_stack([user_of[split][seen[:, 0]], seen[:, 1]]), axis=0)
            given = set(map(tuple, pairs.tolist()))
            here = set(user_of[split].tolist())
            missing = {pair for pair in known if pair[0] in here} - given
            if missing:
                user, item = min(missing)
                words = f"expected what was a target before too, such as item {item} of user"
                raise RecsaeError(f"{source}: {split}_seen: {words} {ids[user]}")
            new = np.array(sorted(given - known), np.int64).reshape(-1, 2)
            order = _SEEN if split == "dev" else _LATER
            parts.append(_events(new[:, 0], new[:, 1], order, np.full(len(new), -1)))
            known |= given
        state = first + np.arange(len(user_of[split]))
        parts.append(_events(user_of[split], arrays[f"{split}_targets"], place, state))
        known |= set(zip(user_of[split].tolist(), arrays[f"{split}_targets"].tolist(), strict=True))
        first += len(state)
    user_E, item_E, place_E, row_E = np.concatenate(parts, axis=1)
    order_E = np.lexsort((np.arange(len(user_E)), place_E, user_E))
    user_E, item_E, place_E, row_E = (part[order_E] for part in (user_E, item_E, place_E, row_E))
    return _sequences(name, arrays, ids, user_E, item_E, place_E), row_E


def _events(users: Array, items: Array, place: int, states: Array) -> Array:
    return np.stack([users, items, np.full(len(users), place), states]).astype(np.int64)


def _users(arrays: dict[str, Array], rows: list[int]) -> tuple[Array, Array]:
    """Return the ids of users, and the user of each state; without users each row is its own."""
    if "train_users" in arrays:
        every = np.concatenate([arrays[f"{split}_users"] for split in SPLITS])
        ids, user_S = np.unique(every, return_inverse=True)
        return ids, user_S
    names = [f"{s}:{row}" for s, n in zip(SPLITS, rows, strict=True) for row in range(n)]
    return np.array(names), np.arange(sum(rows))


def _sequences(
    name: str, arrays: dict[str, Array], ids: Array, user_E: Array, item_E: Array, place_E: Array
) -> Sequences:
    n_items, items = len(arrays["item_table"]), item_E.astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(user_E, minlength=len(ids)))])
    found = {}
    for split, place in (("dev", _DEV), ("test", _TEST)):
        at_R = np.flatnonzero(place_E == place)
        found[split] = Targets(user_E[at_R].astype(np.int32), at_R, items[at_R])
    met = {split: met_before(items, offsets, part) for split, part in found.items()}
    item_ids = arrays.get("item_ids", np.arange(n_items))
    known = arrays.get("attributes")
    train = user_E[place_E <= _TRAIN]
    return Sequences(
        name=name,
        items=items,
        offsets=offsets.astype(np.int64),
        train_lengths=np.bincount(train, minlength=len(ids)).astype(np.int32),
        dev=found["dev"],
        test=found["test"],
        n_items=n_items,
        order="order as imported",
        split="split as imported",
        filtered="own states",
        met_counts={split: Met(int(met_R.sum()), len(met_R)) for split, met_R in met.items()},
        user_ids=ids,
        item_ids=item_ids,
        attributes=None if known is None else by_code(_frame(known), item_ids),
        train_at=np.flatnonzero(place_E == _TRAIN),
    )


def _frame(known: Array) -> Any:
    import pandas as pd

    return pd.DataFrame(known, columns=["item", "attribute", "value"], dtype="str")
