"""What users and items were called in the data, and what is known of the items, beside the states.

users.parquet has the columns user (code) and id, items.parquet item (code) and id, each sorted by
code; attributes.parquet has item (code), attribute, value: none, one or several values a pair.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recsae.errors import RecsaeError
from recsae.files import digest, whole
from recsae.interactions.attributes import COLUMNS
from recsae.sequences import Sequences

USERS, ITEMS, ATTRIBUTES = "users.parquet", "items.parquet", "attributes.parquet"


def names_digest(sequences: Sequences) -> str:
    """Name the ids, the attributes and the words of the protocol: other data may be alike in all
    that the states depend on."""
    known = _attributes(sequences)
    hashes = pd.util.hash_pandas_object(known, index=False).to_numpy()
    words = sequences.protocol().removeprefix(sequences.name)
    return digest(sequences.user_ids, sequences.item_ids, hashes, words)


def write_names(folder: Path, sequences: Sequences) -> None:
    """Fill in the three files."""
    _write_ids(folder / USERS, "user", sequences.user_ids)
    _write_ids(folder / ITEMS, "item", sequences.item_ids)
    known = pa.Table.from_pandas(_attributes(sequences), preserve_index=False)
    pq.write_table(known, folder / ATTRIBUTES)


def read_ids(folder: Path, name: str) -> "pd.Series[Any]":
    """Return the original ids of USERS or ITEMS, numbers or texts, by code."""
    return _read(folder, name)["id"]


def read_attributes(folder: Path) -> pd.DataFrame:
    """Return the items' attributes, a row a value; no row if none is known."""
    return _read(folder, ATTRIBUTES)


def _attributes(sequences: Sequences) -> pd.DataFrame:
    if sequences.attributes is not None:
        return sequences.attributes
    kinds = ("int32", "str", "str")
    columns = zip(COLUMNS, kinds, strict=True)
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in columns})


def _write_ids(path: Path, name: str, ids: npt.NDArray[Any]) -> None:
    codes = np.arange(len(ids), dtype=np.int32)
    pq.write_table(pa.table({name: codes, "id": pa.array(ids)}), path)


def _read(folder: Path, name: str) -> pd.DataFrame:
    if not (folder / name).exists():
        message = "does not say its original ids, as one of an older recsae"
        raise RecsaeError(f"{folder}: {message}; delete it, and recsae makes it again")
    with whole(folder):
        return pd.read_parquet(folder / name)
