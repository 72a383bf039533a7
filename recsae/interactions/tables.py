"""Tables in text files, read whole by pyarrow; only a broken one is walked row by row."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from recsae.errors import RecsaeError
from recsae.interactions.log import no_ids

_ID = pa.dictionary(pa.int32(), pa.string())
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_TYPED_NAME = re.compile(r"[^:]+:(token|float|token_seq|float_seq)")
_HEAD = 1 << 16  # bytes in which a file is recognised


class TextTable(NamedTuple):
    """How a text file is laid out: a line of names, then a row a line."""

    path: Path
    names: list[str]
    delimiter: str
    quoted: bool


def first_line(path: Path) -> str:
    """Return the first line without its end, or "" if the file does not start with text."""
    with path.open("rb") as file:
        line = re.split(b"[\r\n]", file.read(_HEAD), maxsplit=1)[0]
    return "" if b"\0" in line else line.decode("utf-8-sig", errors="replace")


def text_table(path: Path, *, quoted: bool = True) -> TextTable:
    """Read the line of names; the delimiter is the tab, comma or semicolon that it has most of."""
    line = first_line(path)
    delimiter = max("\t,;", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter, quoting=_quoting(quoted)), [])
    return TextTable(path, [name.strip() for name in names], delimiter, quoted)


def is_typed(names: Sequence[str]) -> bool:
    """Tell whether all names carry one of RecBole's types."""
    return bool(names) and all(_TYPED_NAME.fullmatch(name) for name in names)


def typed_table(path: Path) -> TextTable:
    """Read RecBole's line of names with types; raises RecsaeError if one has no type."""
    table = text_table(path, quoted=False)
    if not is_typed(table.names):
        got = table.delimiter.join(table.names) or "nothing"
        raise RecsaeError(f"{path}:1: expected typed names such as user_id:token, got {got[:80]}")
    return table._replace(names=[name.partition(":")[0] for name in table.names])


def read_text(table: TextTable, ids: Sequence[str], numbers: Sequence[str] = ()) -> pa.Table:
    """Read columns of ids (dictionaries of text) and of finite numbers (float64).

    Raises RecsaeError naming the file, the line and the column of the first cell that is neither.
    """
    types = dict.fromkeys(ids, _ID) | dict.fromkeys(numbers, pa.float64())
    found = _read(table, types, ids, numbers)
    finite = all(np.isfinite(found[name].to_numpy()).all() for name in numbers)
    if not finite or any(_has_no_id(found[name]) for name in ids):
        _raise_first_mistake(table, ids, numbers, "a cell is no id or not finite")
    return found


def read_texts(table: TextTable, id_name: str, texts: Sequence[str]) -> pa.Table:
    """Read a column of ids and columns of any text (dictionaries), which may be empty."""
    return _read(table, dict.fromkeys([id_name, *texts], _ID), [id_name], [])


def _read(
    table: TextTable, types: dict[str, pa.DataType], ids: Sequence[str], numbers: Sequence[str]
) -> pa.Table:
    read = pacsv.ReadOptions(column_names=table.names, skip_rows=1)
    parse = pacsv.ParseOptions(
        delimiter=table.delimiter,
        quote_char='"' if table.quoted else False,
        newlines_in_values=table.quoted,
    )
    convert = pacsv.ConvertOptions(
        column_types=types, include_columns=[*types], null_values=[], strings_can_be_null=False
    )
    try:
        return pacsv.read_csv(table.path, read, parse, convert)
    except pa.ArrowInvalid as error:
        _raise_first_mistake(table, ids, numbers, str(error))


def _quoting(quoted: bool) -> Literal[0, 3]:
    return csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE


def _has_no_id(column: pa.ChunkedArray) -> bool:
    return any(pc.any(no_ids(chunk.dictionary)).as_py() for chunk in column.chunks)


def _raise_first_mistake(
    table: TextTable, ids: Sequence[str], numbers: Sequence[str], fallback: str
) -> NoReturn:
    """Find what the fast reader refused, in the order of the file."""
    for line, row in _rows(table):
        mistake = _mistake(table, row, ids, numbers)
        if mistake:
            raise RecsaeError(f"{table.path}:{line}: {mistake}")
    raise RecsaeError(f"{table.path}: cannot be read: {fallback.splitlines()[0]}")


def _mistake(
    table: TextTable, row: list[str], ids: Sequence[str], numbers: Sequence[str]
) -> str | None:
    if len(row) != len(table.names):
        return f"expected {len(table.names)} columns, got {len(row)}"
    for name, cell in zip(table.names, row, strict=True):
        if name in ids and (not cell or "\0" in cell):
            return f"column {name!r}: expected an id, got {repr(cell) if cell else 'nothing'}"
        if name in numbers and not (_NUMBER.fullmatch(cell) and math.isfinite(float(cell))):
            return f"column {name!r}: expected a number, got {cell!r}"
        if any("\udc80" <= letter <= "\udcff" for letter in cell):
            return f"column {name!r}: expected UTF-8 text"
    return None


def _rows(table: TextTable) -> Iterator[tuple[int, list[str]]]:
    """Yield each row after the names with the number of its first line."""
    with table.path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.readline()
        reader = csv.reader(file, delimiter=table.delimiter, quoting=_quoting(table.quoted))
        line = 2
        try:
            for row in reader:
                if row:
                    yield line, row
                line = reader.line_num + 2
        except csv.Error as error:
            raise RecsaeError(f"{table.path}:{line}: {error}") from None
