"""What types the columns of a run's parquet files have, checked before pandas takes them over."""

from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa

from recsae.errors import RecsaeError
from recsae.results.columns import DTYPES, TIME_DTYPE, is_metric

_Test = Callable[[Any], bool]


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_time(kind: Any) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


_KINDS: Final[dict[str, tuple[_Test, str]]] = {
    "int64": (pa.types.is_integer, "whole numbers"),
    "float64": (_is_number, "numbers"),
    "str": (_is_text, "texts"),
    TIME_DTYPE: (_is_time, "times with a zone"),
}
_MEASURED: Final[tuple[_Test, str]] = (lambda k: _is_number(k) or pa.types.is_boolean(k), "numbers")
_SETTING: Final[tuple[_Test, str]] = (
    lambda k: _is_number(k) or pa.types.is_boolean(k) or _is_text(k),
    "numbers, texts, true or false",
)


def check_types(table: pa.Table, path: object) -> None:
    """Raise RecsaeError for a column that no writer of recsae makes, or a number that is missing.

    A column without any value may have the type null, or that of numbers.
    """
    names = table.column_names
    for name in names:
        if names.count(name) > 1:
            raise RecsaeError(f"{path}: two columns are called {name!r}")
        column = table[name]
        fits, words = _expected(name)
        empty = column.null_count == len(column)
        if not fits(column.type) and not (empty and name not in DTYPES):
            if empty and (pa.types.is_null(column.type) or _is_number(column.type)):
                continue
            raise RecsaeError(f"{path}: column {name!r}: expected {words}, got {column.type}")
        if DTYPES.get(name) == "int64" and column.null_count:
            raise RecsaeError(f"{path}: column {name!r}: expected {words}, but some are missing")


def _expected(name: str) -> tuple[_Test, str]:
    if name in DTYPES:
        return _KINDS[DTYPES[name]]
    return _MEASURED if is_metric(name) else _SETTING
