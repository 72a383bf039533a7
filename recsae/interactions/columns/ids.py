"""Ids as codes: whole numbers if all are, else text; never rounded, never two of one id."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsae.interactions.log import Coded
from recsae.interactions.table import TEXT, Column

_WHOLE = r"^(0|-?[1-9][0-9]{0,18})$"  # "007" stays text: it is not the id 7
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
_POINT_ZERO = r"^(0|-?[1-9][0-9]*)\.0+$"
_FRACTION = r"^-?[0-9]*\.[0-9]*[1-9][0-9]*$"
_NO_ID = r"^$|\x00"  # numpy drops a zero byte
_MISSING = (
    *(
        "NA",
        "N/A",
        "#N/A",
        "NaN",
        "nan",
        "NAN",
        "NaT",
        "NULL",
        "null",
        "Null",
        "None",
        "NONE",
        "none",
    ),
    *("<NA>", "<null>", "(null)", "[null]", "nil", r"\N", "undefined"),
)
_NOBODY = (
    *("-", "--", "?", "unknown", "Unknown", "UNKNOWN", "(not set)", "anonymous", "Anonymous"),
    *("guest", "Guest"),
)  # one id of many, perhaps
_MOST_MISSING = 0.001  # of the events; an id of more than these is a gap, not a name
_BINARY = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
_EXACT = 2**53
_LONGEST = 500  # letters; a cell beyond is damage, and all ids take as much memory


def coded_ids(column: Column, notes: list[str]) -> Coded:
    """Code the ids of a column; raises RecsaeError naming the first cell that is none."""
    cells = _plain(column)
    if not len(cells):
        return Coded(np.empty(0, np.int32), np.empty(0, np.int64))
    _refuse(column, pc.is_null(cells))
    if not pa.types.is_dictionary(cells.type):
        cells = pc.dictionary_encode(cells)
    whole = cells.unify_dictionaries().combine_chunks()
    codes, ids = _used(whole.indices.to_numpy(zero_copy_only=False), whole.dictionary)
    if not pa.types.is_integer(ids.type):
        codes, texts = _merged(codes, _stripped(column, ids, codes))
        codes, texts = _merged(codes, _without_point_zero(texts))
        _refuse_name(column, texts, codes)
        _note_missing(column, texts, codes, notes)
        _note_doubtful(column, texts, notes)
        ids = _numbers_or_text(column, texts, notes)
    else:
        ids = np.asarray(ids.cast(pa.int64()))
    _note_minus_one(column, ids, notes)
    order = np.argsort(ids, kind="stable")
    # Codes in the order of the ids: the same events in any order get the same codes.
    code_of = np.empty(len(ids), np.int32)
    code_of[order] = np.arange(len(ids), dtype=np.int32)
    return Coded(code_of[codes], ids[order])


def _used(codes: NDArray[np.int32], ids: Any) -> tuple[NDArray[np.int32], Any]:
    """Leave out what a dictionary holds and no event has."""
    occurs = np.bincount(codes, minlength=len(ids)) > 0
    if occurs.all():
        return codes, ids
    return (np.cumsum(occurs, dtype=np.int32) - np.int32(1))[codes], ids.filter(pa.array(occurs))


def _plain(column: Column) -> Any:
    """Return the cells as int64 or text, which are exact."""
    cells = column.cells
    kind = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    if kind == TEXT:
        return cells
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(kind)
    if pa.types.is_uint64(kind) and len(cells) and pc.max(cells).as_py() not in range(2**63):
        return cells.cast(TEXT)
    if pa.types.is_integer(kind):
        return cells.cast(pa.int64())
    if pa.types.is_floating(kind):  # pandas keeps whole numbers as floats beside a gap
        return _from_floats(column, cells)
    if not (pa.types.is_null(kind) or _is_written(kind)):
        column.refuse_all("text or whole numbers", kind)
    try:
        if pa.types.is_fixed_size_binary(kind):
            cells = cells.cast(pa.binary())
        return cells.cast(TEXT)
    except pa.ArrowException:
        column.refuse_all("text or whole numbers", "bytes that are no UTF-8 text")


def _is_written(kind: Any) -> bool:
    known = (pa.types.is_large_string, pa.types.is_string_view, pa.types.is_decimal)
    return any(test(kind) for test in (*known, *_BINARY))


def _from_floats(column: Column, cells: Any) -> Any:
    values = np.asarray(cells.cast(pa.float64()).drop_null())
    if not (np.isfinite(values) & (values == np.floor(values))).all():
        column.refuse_all("text or whole numbers", cells.type)
    if (np.abs(values) >= _EXACT).any():
        column.refuse_all("ids that are exact", f"{cells.type} beyond 2^53, which is rounded")
    return cells.cast(pa.int64())


def _refuse(column: Column, wrong: Any) -> None:
    row = pc.index(wrong, True).as_py()
    if row >= 0:
        column.refuse(row, "an id")


def _refuse_codes(column: Column, codes: NDArray[np.int32], wrong: Any) -> None:
    bad = np.flatnonzero(np.asarray(wrong))
    if bad.size:
        column.refuse(int(np.argmax(np.isin(codes, bad))), "an id")


def _stripped(column: Column, ids: Any, codes: NDArray[np.int32]) -> Any:
    stripped = pc.utf8_trim_whitespace(ids)
    _refuse_codes(column, codes, pc.match_substring_regex(stripped, _NO_ID))
    _refuse_codes(column, codes, pc.greater(pc.utf8_length(stripped), _LONGEST))
    return stripped


def _merged(codes: NDArray[np.int32], ids: Any) -> tuple[NDArray[np.int32], Any]:
    """Make one of ids that are the same text."""
    # Two ids may be the same text once spaces or ".0" are gone.
    again = pc.dictionary_encode(ids)
    if len(again.dictionary) == len(ids):
        return codes, ids
    return again.indices.to_numpy()[codes], again.dictionary


def _without_point_zero(ids: Any) -> Any:
    """Make 4 of 4.0 where it is how a whole number is written: not beside 1.5, nor in words alone.

    Whole numbers become floats wherever a tool saw a gap among them.
    """
    floats = pc.match_substring_regex(ids, _POINT_ZERO)
    if not pc.any(floats).as_py() or pc.any(pc.match_substring_regex(ids, _FRACTION)).as_py():
        return ids
    whole = pc.replace_substring_regex(ids, r"\.0+$", "")
    if not pc.all(pc.match_substring_regex(ids, _NUMBER)).as_py():
        floats = pc.and_(floats, pc.is_in(whole, ids))
    return pc.if_else(floats, whole, ids)


def _note_missing(column: Column, ids: Any, codes: NDArray[np.int32], notes: list[str]) -> None:
    """Refuse what stands for no id, such as NA; a rare one may be a name, and gets a note."""
    missing = pc.is_in(ids, pa.array(_MISSING))
    if not pc.any(missing).as_py():
        return
    here = np.isin(codes, np.flatnonzero(np.asarray(missing)))
    others = ids.filter(pc.invert(missing))
    if here.mean() > _MOST_MISSING or pc.all(pc.match_substring_regex(others, _NUMBER)).as_py():
        column.refuse(int(np.argmax(here)), "an id")
    names = ", ".join(repr(name) for name in ids.filter(missing).to_pylist())
    notes.append(f"{column.where}: column {column.name!r}: {names} is taken for an id like others")


def _refuse_name(column: Column, ids: Any, codes: NDArray[np.int32]) -> None:
    """Refuse a line of names among the rows, as files put one behind another have."""
    if not column.name.isdecimal():
        _refuse_codes(column, codes, pc.equal(ids, column.name))


def _note_doubtful(column: Column, ids: Any, notes: list[str]) -> None:
    """Say what may stand for many ids, or what may be one id though it is two texts."""
    names = ids.filter(pc.is_in(ids, pa.array(_NOBODY))).to_pylist()
    if names:
        words = f"{', '.join(map(repr, names))} is taken for an id like others"
        notes.append(f"{column.where}: column {column.name!r}: {words}")
    if not pc.all(pc.string_is_ascii(ids)).as_py():
        count = len(ids) - len(pc.utf8_normalize(ids, "NFC").unique())
        if count:
            words = f"{count:,} ids look like others, written with other code points"
            notes.append(f"{column.where}: column {column.name!r}: {words}; they stay apart")


def _note_minus_one(column: Column, ids: NDArray[Any], notes: list[str]) -> None:
    if ids.dtype.kind == "i" and -1 in ids and (ids < 0).sum() == 1 and len(ids) > 1:
        notes.append(f"{column.where}: column {column.name!r}: -1 is taken for an id like others")


def _numbers_or_text(column: Column, ids: Any, notes: list[str]) -> NDArray[Any]:
    whole = pc.match_substring_regex(ids, _WHOLE)
    if pc.all(whole).as_py():
        try:
            return np.asarray(ids.cast(pa.int64()))
        except pa.ArrowInvalid:
            pass  # beyond int64, as exact as text
    elif pc.any(whole).as_py() and not pc.all(pc.match_substring_regex(ids, _NUMBER)).as_py():
        count = pc.sum(whole).as_py()
        example = ids.filter(whole)[0].as_py()
        notes.append(
            f"{column.where}: column {column.name!r} mixes text and numbers ({count:,} of"
            f" {len(ids):,} ids, such as {example}, are numbers): all are read as text"
        )
    return np.asarray(ids.to_pylist(), dtype=str)
