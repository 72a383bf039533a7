"""Columns of parquet files as ids and numbers."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recsae.errors import RecsaeError
from recsae.interactions.log import no_ids


def parquet_names(path: Path) -> list[str]:
    """Return the names of the columns; raises RecsaeError if it is no parquet file."""
    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        raise RecsaeError(f"{path}: not a parquet file, or a broken one") from None


def read_parquet(path: Path, ids: Sequence[str], numbers: Sequence[str] = ()) -> pa.Table:
    """Read columns of ids (text or int64) and of finite numbers (float64; dates in seconds).

    Raises RecsaeError naming the file, the row (from 1) and the column of the first wrong cell.
    """
    try:
        found = pq.read_table(path, columns=[*ids, *numbers])
    except (pa.ArrowInvalid, OSError) as error:
        raise RecsaeError(f"{path}: broken parquet file: {str(error).splitlines()[0]}") from None
    columns = {name: _id_column(path, name, found[name]) for name in ids}
    return pa.table(columns | {name: _number_column(path, name, found[name]) for name in numbers})


def _id_column(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    wanted = pa.string() if _is_text(kind) else pa.int64()
    try:
        assert _is_text(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
        column = column.cast(wanted)  # pandas keeps whole numbers as floats beside a gap
    except (AssertionError, pa.ArrowInvalid):
        raise RecsaeError(
            f"{path}: column {name!r}: expected text or whole numbers, got {kind}"
        ) from None
    blank = pc.is_null(column)
    if wanted == pa.string():
        blank = pc.or_kleene(blank, no_ids(column))
    _refuse(path, name, blank, column, "an id")
    return column


def _number_column(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        if pa.types.is_temporal(column.type):
            seconds = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
            column = pc.divide(seconds.cast(pa.float64(), safe=False), 1e6)
        column = column.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise RecsaeError(
            f"{path}: column {name!r}: expected numbers or dates, got {column.type}"
        ) from None
    finite = pc.fill_null(pc.is_finite(column), False)
    _refuse(path, name, pc.invert(finite), column, "a number")
    return column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _refuse(
    path: Path, name: str, wrong: pa.ChunkedArray, column: pa.ChunkedArray, expected: str
) -> None:
    row = pc.index(wrong, True).as_py()
    if row >= 0:
        value = column[row].as_py()
        got = "nothing" if value in (None, "") else repr(value)
        raise RecsaeError(f"{path}: row {row + 1}: column {name!r}: expected {expected}, got {got}")
