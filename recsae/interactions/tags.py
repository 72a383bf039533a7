"""What is known about items, as tags: a bool column a tag, a row an item (by its id as text).

I items, T tags, P pairs of an item and a tag.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recsae.errors import RecsaeError
from recsae.interactions.attributes import TAGS_AT_MOST, TITLE, About, long, plain_name
from recsae.interactions.tables import TextTable, read_texts, text_table, typed_table


def recbole_tags(path: Path, id_name: str) -> About | None:
    """Read NAME.item: tags are `column=value`; a token_seq `a b` has two values, a float none."""
    table = typed_table(path)
    _require(table, id_name)
    kinds = [name.partition(":")[2] for name in text_table(path, quoted=False).names]
    is_sequence = {
        name: kind == "token_seq" and plain_name(name) != TITLE
        for name, kind in zip(table.names, kinds, strict=True)
        if name != id_name and kind.startswith("token")
    }
    return _of_columns(table, id_name, is_sequence)


def rechorus_tags(path: Path) -> About | None:
    """Read item_meta.csv: tags are `column=value` of its columns i_…, e.g. `i_category=3`."""
    table = text_table(path)
    _require(table, "item_id")
    names = [name for name in table.names if name.startswith("i_")]
    return _of_columns(table, "item_id", dict.fromkeys(names, False))


def s3rec_tags(path: Path) -> About | None:
    """Read the JSON {item: [attribute, …]} of S3Rec; tags are `attribute=17`."""
    try:
        known = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise RecsaeError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise RecsaeError(f"{path}: expected UTF-8 text") from None
    if not isinstance(known, dict):
        raise RecsaeError(f"{path}: expected {{item: [attribute, …]}}, got {type(known).__name__}")
    for item, attributes in known.items():
        if not isinstance(attributes, list):
            raise RecsaeError(f"{path}: item {item!r}: expected a list, got {attributes!r}")
    counts = [len(attributes) for attributes in known.values()]
    values = [str(value) for attributes in known.values() for value in attributes]
    items = np.repeat(np.array([*known], dtype=object), counts)
    return About(long(items, "attribute", values), {"attribute": "attribute"})


def _require(table: TextTable, name: str) -> None:
    if name not in table.names:
        raise RecsaeError(f"{table.path}:1: no column {name!r} among {', '.join(table.names)}")


def _of_columns(table: TextTable, id_name: str, is_sequence: dict[str, bool]) -> About | None:
    found = read_texts(table, id_name, [*is_sequence])
    items = found[id_name].cast(pa.string()).to_numpy()
    pairs = [
        _pairs(found[name].cast(pa.string()).combine_chunks(), several)
        for name, several in is_sequence.items()
    ]
    named = {plain_name(name): name for name in is_sequence}
    values = [
        long(items[rows], known, words)
        for (known, name), (rows, words) in zip(named.items(), pairs, strict=True)
    ]
    groups = {
        known: named[known]
        for known, (_, words) in zip(named, pairs, strict=True)
        if known != TITLE and 0 < len(pd.unique(words)) <= TAGS_AT_MOST
    }
    return About(pd.concat(values), groups) if values else None


def _pairs(texts: pa.Array, several: bool) -> tuple[Any, Any]:
    """Return the rows and the tags of a column's values, parted by spaces if there are several."""
    words = pc.split_pattern(texts, " " if several else "\n")
    rows_P, words_P = pc.list_parent_indices(words), pc.list_flatten(words)
    there = pc.not_equal(words_P, "")
    return rows_P.filter(there).to_numpy(), words_P.filter(there).to_numpy(zero_copy_only=False)
