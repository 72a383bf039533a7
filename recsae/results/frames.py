"""Rows of plain values → frames with fixed types → parquet files, and back.

Types do not depend on how far a run is: fixed columns have those of `columns`, metrics are float64
("…/leak" a nullable boolean), and a setting has the narrowest of boolean, Int64, float64 that
holds all its values. A setting that mixes texts with other values is a column of texts (numbers as
JSON writes them); one without any value yet is float64. Missing is null in the file.
"""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recsae.errors import RecsaeError
from recsae.files import write_whole
from recsae.results.columns import (
    CURVE_HEAD,
    CURVE_OF_K_HEAD,
    DTYPES,
    FINALIST_HEAD,
    FINALIST_TAIL,
    IMPORTANCE_COLUMNS,
    IMPORTANCE_INTERVAL,
    LADDER_HEAD,
    MERGED_TAIL,
    RESULT_HEAD,
    RESULT_TAIL,
    SCHEMA_VERSION,
    TIME_DTYPE,
    Columns,
    is_metric,
)
from recsae.results.file_format.frame_types import check_types

Row = Mapping[str, Any]

_VERSION_KEY: Final = b"recsae.schema"


def trials_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the frame of results.parquet, sorted by trial; each trial must be there once."""
    # The column is int64, which has no null; a trial without a report has trained none.
    rows = [{Columns.EPOCHS: 0, **row} for row in rows]
    names = _names(rows)
    settings = [name for name in names if not (is_metric(name) or name in _RESULT_FIXED)]
    metrics = [name for name in names if is_metric(name)]
    tail = [*RESULT_TAIL, *(name for name in MERGED_TAIL if name in names)]
    frame = _frame(rows, [*RESULT_HEAD, *settings, *metrics, *tail], _RESULT_FIXED)
    assert not frame[Columns.TRIAL_ID].duplicated().any(), "a trial has two rows"
    return frame.sort_values(Columns.TRIAL_ID, ignore_index=True)


def curves_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the frame of curves.parquet: of an epoch reported twice, the later report stays."""
    # A trial that was resumed reports the epochs after its checkpoint again.
    return _last_of_each(_around(rows, CURVE_HEAD), [Columns.TRIAL_ID, Columns.EPOCH])


def finalists_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the frame of finalists.parquet: a row for each seed that a trial was retrained with.

    A training that failed has its error and no figures.
    """
    rows = [{Columns.EPOCHS: 0, **row} for row in rows]
    return _last_of_each(_around(rows, FINALIST_HEAD, FINALIST_TAIL), list(FINALIST_HEAD))


def importance_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the frame of importance.parquet, in the order of its rows."""
    names = (*IMPORTANCE_COLUMNS, *IMPORTANCE_INTERVAL)
    return _frame(rows, names, names)


def ladders_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the frame of ladders.parquet, by trial and k: a row each."""
    return _around(rows, LADDER_HEAD).sort_values(list(LADDER_HEAD), ignore_index=True)


def curve_of_k_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the frame of curve_of_k.parquet, in the order of its rows: a row a k."""
    return _around(rows, CURVE_OF_K_HEAD)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a parquet file whole, with the version of the schema."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), _VERSION_KEY: str(SCHEMA_VERSION).encode()}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), buffer)
    write_whole(path, buffer.getvalue())


def read_frame(path: Path, needed: Iterable[str] = ()) -> pd.DataFrame:
    """Read a file of `write_frame`.

    Raises RecsaeError if it is missing, broken, too new, or without a `needed` column.
    """
    try:
        table = pq.read_table(io.BytesIO(path.read_bytes()))
        table.validate(full=True)  # texts are read only when they are asked for
        names = table.column_names
    except FileNotFoundError:
        raise RecsaeError(f"{path}: missing; expected a file that every run has") from None
    except Exception as error:  # pyarrow has many for bytes that were changed
        raise RecsaeError(f"{path}: not a whole parquet file ({_line(error)})") from None
    version = (table.schema.metadata or {}).get(_VERSION_KEY, b"none").decode(errors="replace")
    if not version.isdecimal():
        raise RecsaeError(f"{path}: a parquet file, but not one that recsae wrote")
    if int(version) > SCHEMA_VERSION:
        raise RecsaeError(
            f"{path}: has version {version} of the results, this recsae reads up to "
            f"{SCHEMA_VERSION}; install a newer recsae"
        )
    for name in needed:
        if name not in names:
            raise RecsaeError(f"{path}: no column {name!r}, which every run has")
    check_types(table, path)
    try:
        frame: pd.DataFrame = table.to_pandas()
    except Exception as error:  # a date beyond all calendars, a type that pandas does not expect
        raise RecsaeError(f"{path}: not readable ({_line(error)})") from None
    return frame


_RESULT_FIXED: Final = (*RESULT_HEAD, *RESULT_TAIL, *MERGED_TAIL)


def _names(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _around(rows: Sequence[Row], head: tuple[str, ...], tail: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a frame with these columns first and last, and what else the rows have between."""
    fixed = (*head, *tail)
    return _frame(rows, [*head, *(n for n in _names(rows) if n not in fixed), *tail], fixed)


def _last_of_each(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return the frame sorted by a key; of rows that have the same one the last."""
    return frame.drop_duplicates(key, keep="last").sort_values(key, ignore_index=True)


def _frame(rows: Sequence[Row], names: Sequence[str], fixed: Sequence[str]) -> pd.DataFrame:
    columns = {name: _column(name, [row.get(name) for row in rows], fixed) for name in names}
    return pd.DataFrame(columns)


def _column(name: str, values: list[Any], fixed: Sequence[str]) -> "pd.Series[Any]":
    if name in fixed:
        kind = DTYPES[name]
        return _times(values) if kind == TIME_DTYPE else pd.Series(values, dtype=kind)
    if name.endswith("/leak"):
        return pd.Series([None if _missing(v) else bool(v) for v in values], dtype="boolean")
    if is_metric(name):
        return pd.Series([np.nan if v is None else float(v) for v in values], dtype="float64")
    return _setting([None if _missing(v) else _plain(v) for v in values])


def _times(values: list[Any]) -> "pd.Series[Any]":
    """Seconds since 1970, or datetimes, as instants in UTC."""
    seconds = [v.timestamp() if isinstance(v, datetime) and not _missing(v) else v for v in values]
    # Through whole microseconds: float seconds since 1970 are exact to a quarter of one only.
    micros = [None if _missing(second) else round(second * 1e6) for second in seconds]
    instants = pd.to_datetime(pd.Series(micros, dtype="Int64"), unit="us", utc=True)
    return instants.astype(TIME_DTYPE)


def _setting(values: list[Any]) -> "pd.Series[Any]":
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and kinds != {int}:  # also when there is no value yet
        return pd.Series([np.nan if v is None else float(v) for v in values], dtype="float64")
    if len(kinds) == 1 and kinds <= {bool, int}:
        return pd.Series(values, dtype="boolean" if bool in kinds else "Int64")
    texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
    return pd.Series(texts, dtype="str")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _missing(value: Any) -> bool:
    # NaN is the one value that differs from itself; pd.NA must not be compared.
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
