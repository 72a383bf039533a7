"""Columns of the log itself that say something about its items, such as a title or a category."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.attributes import (
    CANONICAL,
    TAGS_AT_MOST,
    TITLE,
    ItemAttributes,
    long,
    plain_name,
)
from recsae.interactions.log import Log
from recsae.interactions.table import TEXT, Table, columns_of

_ONE_VALUE = 0.99  # of the items at least must always have the same: else it is the event's own


def with_inline(log: Log, tables: Sequence[Table], keep: NDArray[np.bool_]) -> Log:
    """Return the log with the attributes that its unused columns hold, if an item has one value.

    `keep` marks the rows of the tables that are its events.
    """
    names = [name for name in log.unused if plain_name(name) in CANONICAL]
    values, tag_names, used = [], {}, set()
    for name in names:
        known = plain_name(name)
        found = None if known in tag_names else _of_items(log, tables, name, keep)
        if found is None:
            continue
        values.append(long(found["item"], known, found["value"]))
        used.add(name)
        if known != TITLE and found["value"].nunique() <= TAGS_AT_MOST:
            tag_names[known] = known
    if not values:
        return log
    unused = tuple(name for name in log.unused if name not in used)
    return log._replace(attributes=ItemAttributes(pd.concat(values), tag_names), unused=unused)


def _of_items(
    log: Log, tables: Sequence[Table], name: str, keep: NDArray[np.bool_]
) -> pd.DataFrame | None:
    """Return the items (ids as text) and their values; None if it is no attribute of items."""
    try:
        read, _ = columns_of(tables, [name], [], str(tables[0].file))
        cells = read[name].text()
    except (RecsaeError, pa.ArrowException):
        return None  # a list, or a broken cell of a column that no event needs
    if not pa.types.is_dictionary(cells.type):
        cells = cells.cast(TEXT).dictionary_encode()
    whole = cells.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return None
    texts = np.asarray(whole.dictionary.to_pylist(), dtype=object)
    # -1 picks the last text, but is in no list of places that count.
    codes = np.asarray(whole.indices.fill_null(-1))[keep]
    pairs = pd.DataFrame({"item": log.item.codes, "value": codes}).drop_duplicates()
    there = [n for n, text in enumerate(texts) if text and text.strip()]
    pairs = pairs[pairs["value"].isin(there)]
    counts = pairs.groupby("item").size()
    if pairs.empty or (counts == 1).mean() < _ONE_VALUE or pairs["value"].nunique() < 2:
        return None
    items = log.item.ids[pairs["item"]].astype(str)
    return pd.DataFrame({"item": items, "value": [text.strip() for text in texts[pairs["value"]]]})
