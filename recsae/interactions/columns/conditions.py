"""The filter `column op value and …`: a small language of its own, nothing is evaluated."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsae.errors import SettingError, nearest
from recsae.interactions.columns.roles import listed
from recsae.interactions.names import TRUTHS
from recsae.interactions.table import TEXT, Column
from recsae.interactions.times import NUMBER

_CONDITION = re.compile(
    r"""\s*(?P<column>"[^"]+"|'[^']+'|[^=!<>]+?)\s*
    (?P<operator>==|!=|<=|>=|<|>|=|\s(?:not\s+)?in\s)\s*(?P<value>.+?)\s*""",
    re.VERBOSE | re.DOTALL,
)
_AND = re.compile(r"""\s+and\s+(?=(?:[^"']|"[^"]*"|'[^']*')*$)""", re.IGNORECASE)
_VALUE = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,"']+)\s*(?:,|$)""")
_MORE = re.compile(
    r"""[=<>&|"']|\s(or|and)(\s|$)""", re.IGNORECASE
)  # in a value: another condition
_FORM = 'expected column op value (==, !=, <, <=, >, >=, in a,b), joined by " and "'
_OPPOSITES = {
    **{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"},
    **{"in": "not in", "not in": "in"},
}


class Condition(NamedTuple):
    """One comparison; several values only with `in`."""

    column: str
    operator: str
    values: tuple[str, ...]

    @property
    def words(self) -> str:
        """It as the user would write it."""
        return f"{self.column} {self.operator} {','.join(self.values)}"

    @property
    def opposite(self) -> str:
        """What the rows are that do not fit."""
        return f"{self.column} {_OPPOSITES[self.operator]} {','.join(self.values)}"


def conditions(text: str, names: Sequence[str]) -> list[Condition]:
    """Read a filter over columns of these names; raises SettingError of `where`."""
    return [_condition(part, names) for part in _AND.split(text)]


def _condition(text: str, names: Sequence[str]) -> Condition:
    found = _CONDITION.fullmatch(text)
    if not found:
        raise SettingError("where", f"{_FORM}; got {text.strip()!r}")
    operator = " ".join(found["operator"].split())
    if operator == "=":
        raise SettingError("where", f"{_FORM}; got {text.strip()!r} (did you mean ==?)")
    column = _bare(found["column"])
    if column not in names:
        hint = nearest(column, names) or f" among {listed(names)}"
        raise SettingError("where", f"no column {column!r}{hint}")
    values = _listed(found["value"]) if operator.endswith("in") else [found["value"]]
    for value in values:
        if not value or (value == _bare(value) and _MORE.search(value)):
            rule = "a value with signs, and or or in it stands in quotes"
            raise SettingError("where", f"{_FORM}; {rule}; got {text.strip()!r}")
    return Condition(column, operator, tuple(_bare(value) for value in values))


def _listed(text: str) -> list[str]:
    """Part `a, "b, c"` at the commas; brackets around it say nothing."""
    if (text[0], text[-1]) in (("(", ")"), ("[", "]")):
        text = text[1:-1]
    values: list[str] = []
    end = 0
    while end < len(text) or not values:
        found = _VALUE.match(text, end)
        values.append(found[1].strip() if found else "")
        end = found.end() if found else len(text)
    return values


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def fitting(condition: Condition, column: Column) -> NDArray[np.bool_]:
    """Mark the rows that fit; a gap is '', and is neither less nor more than anything."""
    operator = condition.operator
    if operator in ("==", "!=", "in", "not in"):
        equal = np.zeros(len(column.cells), bool)
        for value in condition.values:
            equal |= _equal(column, value)
        return equal if operator in ("==", "in") else ~equal
    value = condition.values[0]
    if re.match(NUMBER, value):
        numbers = numbers_of(column, f"a number, for the filter {condition.words}")
        return _compared(numbers, operator, float(value))
    moments = pd.to_datetime(_as_series(column), format="ISO8601", errors="coerce", utc=True)
    limit = pd.to_datetime(value, format="ISO8601", errors="coerce", utc=True)
    if pd.isna(limit) or moments.isna().all():
        raise SettingError("where", f"{condition.words}: {operator} needs a number or a date")
    plain = moments.dt.tz_localize(None).to_numpy()
    return _compared(plain, operator, limit.tz_localize(None).to_datetime64())


def numbers_of(
    column: Column, expected: str, words: Mapping[str, str] = TRUTHS
) -> NDArray[np.float64]:
    """Return cells as float64, NaN for gaps; of words only those that mean numbers pass."""
    cells = column.cells
    if pa.types.is_dictionary(cells.type):
        coded = cells.unify_dictionaries().combine_chunks()
        if isinstance(coded, pa.ChunkedArray):  # of no row at all
            return np.empty(0)
        values = _as_numbers(coded.dictionary, words)
        codes = np.asarray(coded.indices.fill_null(0))
        numbers = np.where(np.asarray(coded.is_valid()), values[codes], np.nan)
    else:
        numbers = _as_numbers(cells, words)
    wrong = np.flatnonzero(np.isinf(numbers))
    if wrong.size:
        column.refuse(int(wrong[0]), expected)
    return numbers


def _as_numbers(cells: Any, words: Mapping[str, str] = TRUTHS) -> NDArray[np.float64]:
    """Return numbers; infinity marks a cell that is none."""
    kind = cells.type
    if pa.types.is_boolean(kind):
        cells = cells.cast(pa.int8())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        texts = pc.utf8_lower(pc.utf8_trim_whitespace(cells.cast(TEXT)))
        for word, number in words.items():
            texts = pc.replace_substring_regex(texts, f"^{word}$", number)
        texts = pc.replace_substring_regex(texts, r"^(nan|na|null|none|)$", "nan")
        number = pc.or_(pc.match_substring_regex(texts, NUMBER), pc.equal(texts, "nan"))
        # Infinity marks what is no number; NaN is taken: it marks a gap.
        cells = pc.if_else(number, texts, "inf")
        cells = pc.utf8_ltrim(cells, "+")
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return np.full(len(cells), np.inf)
    return np.array(cells.cast(pa.float64(), safe=False).fill_null(np.nan), dtype=np.float64)


def _equal(column: Column, value: str) -> NDArray[np.bool_]:
    """Compare as numbers what are numbers, and the rest as text, truth in any case."""
    cells = column.cells
    if pa.types.is_dictionary(cells.type):
        coded = cells.unify_dictionaries().combine_chunks()
        if isinstance(coded, pa.ChunkedArray):
            return np.empty(0, bool)
        same = _equal_cells(coded.dictionary, value)
        there = np.asarray(coded.is_valid())
        if not len(same):
            return np.full(len(coded), value == "")
        return np.where(there, same[np.asarray(coded.indices.fill_null(0))], value == "")
    return _equal_cells(cells, value)


def _equal_cells(cells: Any, value: str) -> NDArray[np.bool_]:
    if pa.types.is_boolean(cells.type):
        cells, value = cells.cast(TEXT), value.lower()
        value = {"1": "true", "0": "false"}.get(value, value)
    text = pc.utf8_trim_whitespace(cells.cast(TEXT))
    same = np.array(pc.fill_null(pc.equal(text, value), value == ""), dtype=bool)
    if re.match(NUMBER, value) and abs(float(value)) < 2**53:  # else as text, which is exact
        same |= _as_numbers(cells) == float(value)
    return same


def _compared(cells: Any, operator: str, value: Any) -> NDArray[np.bool_]:
    compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
    with np.errstate(invalid="ignore"):
        found: NDArray[np.bool_] = compare[operator](cells, value)
    return found


def _as_series(column: Column) -> Any:
    cells = column.cells
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    return pd.Series(cells.to_pandas()).astype("str")
