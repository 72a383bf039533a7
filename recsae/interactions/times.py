"""Times of any notation as whole numbers, so that none is rounded.

Numbers stay as they are (seconds or milliseconds or … since 1970); dates become the coarsest of
seconds, milli-, micro- and nanoseconds in which all of them are whole.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.table import TEXT, Column

Times = NDArray[np.int64] | NDArray[np.float64]

_WHOLE = r"^[+-]?[0-9]+$"
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_EXACT = 2**53  # whole floats beyond are rounded ones
_EPOCHS = tuple((315_360_000 * 10**p, 4_102_444_800 * 10**p) for p in (0, 3, 6, 9))  # 1980 to 2100
_FORMATS = (
    *("ISO8601", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d", "%Y-%m-%d %H:%M"),
    *("%m %d, %Y", "%b %d, %Y", "%B %d, %Y", "Posted %B %d, %Y.", "%d %b %Y", "%d %B %Y"),
    *("%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d", "%Y.%m.%d %H:%M:%S"),
    *("%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S %z"),
    *("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d-%b-%Y", "%d-%b-%Y %H:%M:%S"),
    *("%d/%b/%Y:%H:%M:%S %z", "%b %d, %Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%d-%b-%y"),
    *("%Y%m%dT%H%M%S", "%Y-%m-%d %I:%M:%S %p", "%b %d, %Y, %I:%M %p", "%b %d, %Y, %I:%M:%S %p"),
)
_EITHER_FIRST = tuple(
    (
        *(f"{day}{part}{year}{clock}" for day in (f"%m{part}%d", f"%d{part}%m")),
        *([f"%y{part}%m{part}%d{clock}"] if year == "%y" else []),
    )
    for part in "/-"
    for year in ("%Y", "%y")
    for clock in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
)


def looks_like_time(cells: Sequence[str | None]) -> bool:
    """Tell whether cells are dates, or numbers that count from 1970 to a year of logs."""
    there = [cell for cell in cells if cell is not None]
    if not there or len(there) < len(cells):
        return False
    if any(re.match(NUMBER, cell) for cell in there):
        if not all(re.match(NUMBER, cell) for cell in there):
            return False
        numbers = [float(cell) for cell in there]
        return any(first <= min(numbers) and max(numbers) < last for first, last in _EPOCHS)
    try:
        return any(map(str.isdigit, there[0])) and _dates(pa.array(there, TEXT)) is not None
    except RecsaeError:  # the day or the month first: a date in any case
        return True


def exact_times(column: Column) -> Times:
    """Return the times of a column; raises RecsaeError naming the first cell that is none."""
    cells = column.cells
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    times = _by_type(column, cells)
    _refuse_two_units(column, times)
    return times


def _by_type(column: Column, cells: Any) -> Times:
    kind = cells.type
    if not len(cells):
        return np.empty(0, np.int64)
    if pa.types.is_null(kind):
        column.refuse(0, "a time")
    if pa.types.is_integer(kind):
        return _whole(column, cells)
    if pa.types.is_floating(kind):
        return _floats(column, cells)
    if pa.types.is_decimal(kind):
        return _floats(column, cells, pc.equal(cells, pc.floor(cells)))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _moments(column, cells)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _from_text(column, pc.utf8_trim_whitespace(cells))
    return column.refuse_all("numbers or dates", kind)


def _refuse_two_units(column: Column, times: Times) -> None:
    """Seconds beside milliseconds would be thousands of years before them."""
    if not len(times):
        return
    late = times[times >= _EPOCHS[0][0]]  # what is earlier counts from elsewhere, or is no time
    if not len(late) or _unit(late.min()) == _unit(late.max()):
        return
    unit_E = np.full(len(times), -1)
    for unit, (first, last) in enumerate(_EPOCHS):
        unit_E[(times >= first) & (times < last)] = unit
    known = unit_E[unit_E >= 0]
    if len({*known}) > 1:
        usual = np.bincount(known).argmax()
        other = int(np.argmax((unit_E >= 0) & (unit_E != usual)))
        like = times[int(np.argmax(unit_E == usual))]
        column.refuse(other, f"a time in the unit of the others, such as {like}")


def _unit(time: Any) -> int:
    return next((n for n, (first, last) in enumerate(_EPOCHS) if first <= time < last), -1)


def _refuse_first(column: Column, wrong: Any, expected: str) -> None:
    row = pc.index(wrong, True).as_py()
    if row >= 0:
        column.refuse(row, expected)


def _whole(column: Column, cells: Any) -> NDArray[np.int64]:
    _refuse_first(column, pc.is_null(cells), "a number")
    if pa.types.is_uint64(cells.type):
        _refuse_first(column, pc.greater(cells, 2**63 - 1), "a number below 2^63")
    return np.asarray(cells.cast(pa.int64()))


def _floats(column: Column, cells: Any, whole: Any = None) -> Times:
    if whole is not None and pc.all(whole, skip_nulls=False).as_py():
        try:
            return np.asarray(cells.cast(pa.int64()))
        except pa.ArrowException:
            pass  # beyond int64
    cells = cells.cast(pa.float64(), safe=False)
    finite = pc.fill_null(pc.is_finite(cells), False)
    _refuse_first(column, pc.invert(finite), "a number")
    values = np.asarray(cells)
    if len(values) and (np.abs(values) < _EXACT).all() and (values == np.floor(values)).all():
        return values.astype(np.int64)
    return values


def _moments(column: Column, cells: Any) -> NDArray[np.int64]:
    _refuse_first(column, pc.is_null(cells), "a date")
    if pa.types.is_date(cells.type):
        cells = cells.cast(pa.timestamp("s" if cells.type == pa.date32() else "ms"))
    return _coarsest(np.asarray(cells.cast(pa.int64())), cells.type.unit)


def _coarsest(values: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    for _ in range(("s", "ms", "us", "ns").index(unit)):
        if (values % 1000).any():
            break
        values = values // 1000
    return values


def _from_text(column: Column, texts: Any) -> Times:
    _refuse_first(column, pc.is_null(texts), "a time")
    if pc.all(pc.match_substring_regex(texts, _WHOLE)).as_py():
        try:
            return np.asarray(pc.utf8_ltrim(texts, "+").cast(pa.int64()))
        except pa.ArrowInvalid:
            large = [len(text) > 20 or abs(int(text)) >= 2**63 for text in texts.to_pylist()]
            _refuse_first(column, pa.array(large), "a number below 2^63")
    number = pc.match_substring_regex(texts, NUMBER)
    if pc.all(number).as_py():
        return _floats(column, pc.utf8_ltrim(texts, "+").cast(pa.float64()))
    try:
        found = _dates(texts)
    except RecsaeError as error:
        raise RecsaeError(f"{column.where}: column {column.name!r}: {error}") from None
    if found is not None:
        return found
    if 2 * pc.sum(number).as_py() >= len(texts):
        _refuse_first(column, pc.invert(number), "a number")
    _refuse_worst(column, texts)
    raise AssertionError("one cell at least is no time")


def _refuse_worst(column: Column, texts: Any) -> None:
    """Name the first cell that the notation of most cells does not fit."""
    sample = texts.slice(0, 1000)
    fits = {name: pd.notna(_parsed(sample, name)).sum() for name in _all_formats()}
    best = max(fits, key=lambda name: fits[name])
    if not fits[best]:
        column.refuse(0, "a number or a date such as 2024-01-31 10:00:00")
    parsed = _parsed(texts, best)
    row = int(np.argmax(pd.isna(parsed)))
    like = sample[int(np.argmax(pd.notna(_parsed(sample, best))))].as_py()
    column.refuse(row, f"a date like the others ({like})" if row else "a date")


def _all_formats() -> list[str]:
    return [*_FORMATS, *(one for group in _EITHER_FIRST for one in group)]


def _parsed(texts: Any, notation: str) -> Any:
    series = pd.Series(texts.to_pandas(), dtype="str")
    return pd.to_datetime(series, format=notation, errors="coerce", utc=True)


def _dates(texts: Any) -> NDArray[np.int64] | None:
    """Return moments if one notation fits every cell; raises RecsaeError if two tell apart days."""
    texts = pc.replace_substring_regex(texts, r" *(UTC|GMT)$", "Z")
    # The quick and exact parser first; it knows ISO 8601 alone.
    for unit in ("s", "us", "ns"):
        for zone in (None, "UTC"):
            try:
                found = texts.cast(pa.timestamp(unit, zone))
                return _coarsest(np.asarray(found.cast(pa.int64())), unit)
            except pa.ArrowInvalid:
                continue
    zoned = pc.match_substring_regex(texts, r"[0-9](Z|[+-][0-9]{2}:?[0-9]{2})$")
    timed = pc.match_substring_regex(texts, r"[0-9]:[0-9]")
    if pc.any(pc.and_(timed, zoned)).as_py() and pc.any(pc.and_(timed, pc.invert(zoned))).as_py():
        raise RecsaeError("some times have a zone and some have none; give all of them one")
    for notation in _FORMATS:
        found = _whole_column(texts, notation)
        if found is not None:
            return found
    for group in _EITHER_FIRST:
        # 03/04 fits both: only days beyond the 12th tell them apart.
        found_all = [one for name in group if (one := _whole_column(texts, name)) is not None]
        if any(not np.array_equal(one, found_all[0]) for one in found_all[1:]):
            shown = texts[0].as_py()
            raise RecsaeError(f"{shown!r}: day or month first? write dates as YYYY-MM-DD")
        if found_all:
            return found_all[0]
    return None


def _whole_column(texts: Any, notation: str) -> NDArray[np.int64] | None:
    for part in (texts.slice(0, 100), texts):  # most notations fail at once
        found = _parsed(part, notation)
        if found.isna().any():
            return None
    return _coarsest(found.astype("int64").to_numpy(), found.dt.unit)
