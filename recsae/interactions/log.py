"""What a reader returns: the events of a file with their ids as codes."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsae.interactions.attributes import About

_WHOLE_NUMBER = r"^(0|-?[1-9][0-9]{0,17})$"  # "007" stays text: it is not the id 7


class Coded(NamedTuple):
    """Ids as codes: the id of event e is ids[codes[e]]; ids are sorted and unique."""

    codes: NDArray[np.int32]
    ids: NDArray[Any]


class Log(NamedTuple):
    """Events as they stand in a file, in its order; only what is no event is left out."""

    user: Coded
    item: Coded
    time: NDArray[np.int64] | NDArray[np.float64] | None
    """None: the order of the file counts."""
    split: NDArray[np.int8] | None = None
    about: About | None = None
    """What is known about the items."""
    dropped: dict[str, int] = {}
    """Reason in words → events that the reader left out."""
    filters: tuple[str, ...] = ()
    """The filters by value that were asked for, in words."""
    columns: dict[str, str] = {}
    """Role → the column that has it."""
    unused: tuple[str, ...] = ()
    """The columns that nothing was read from."""


def coded(values: pa.ChunkedArray | pa.Array) -> Coded:
    """Code ids: whole numbers if each of them is written as one, else text."""
    if isinstance(values, pa.Array):
        values = pa.chunked_array([values])
    if not pa.types.is_dictionary(values.type):
        values = pc.dictionary_encode(values)
    whole = values.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # of no event at all
        return Coded(np.empty(0, np.int32), np.empty(0, np.int64))
    ids = _plain(whole.dictionary)
    order = np.argsort(ids, kind="stable")
    code_of = np.empty(len(ids), np.int32)
    code_of[order] = np.arange(len(ids), dtype=np.int32)
    return Coded(code_of[whole.indices.to_numpy(zero_copy_only=False)], ids[order])


def no_ids(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Mark the texts that cannot be an id: empty ones, and a zero byte, which numpy drops."""
    return pc.match_substring_regex(texts, r"^$|\x00")


def _plain(dictionary: pa.Array) -> NDArray[Any]:
    if pa.types.is_integer(dictionary.type):
        return np.asarray(dictionary.cast(pa.int64()))
    if pc.all(pc.match_substring_regex(dictionary, _WHOLE_NUMBER)).as_py():
        return np.asarray(dictionary.cast(pa.int64()))
    return np.asarray(dictionary.to_pylist(), dtype=str)
