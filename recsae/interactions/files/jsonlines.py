"""JSON as a table: an object a line (JSON lines), or one list of objects.

pyarrow reads it; what it refuses (a column of several types, Python's own notation) is read line by
line, which also finds the mistakes.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.json as pajson

from recsae.errors import RecsaeError
from recsae.interactions.files.layout import SAMPLE, lines_of
from recsae.interactions.source_files import File
from recsae.interactions.table import TEXT, Table

_BLOCK = 1 << 24  # bytes; a line must fit into it
_TYPES = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: TEXT}
_END = re.compile(r"\r\n|\n|\r")
_NO_UTF8 = re.compile("[\ud800-\udfff]")  # also half a pair, written as such


class JsonTable(Table):
    """An object a row."""

    headed = True

    def __init__(self, file: File) -> None:
        self.file = file
        self._is_list = file.head.lstrip()[:1] == b"["
        self._first = self._some()
        names = dict.fromkeys(name for row in self._first for name in row)
        self.names = [name for name in names if not _NO_UTF8.search(name)]
        self.nested = frozenset(
            name
            for name in self.names
            if any(isinstance(row.get(name), (list, dict)) for row in self._first)
        )

    def sample(self) -> dict[str, list[str | None]]:
        return {
            name: [None if row.get(name) in (None, "") else str(row[name]) for row in self._first]
            for name in self.names
        }

    def read(self, names: Sequence[str], numbers: Sequence[str] = ()) -> dict[str, pa.ChunkedArray]:
        # bool is an int to isinstance, but not to type.
        types = {name: {type(row.get(name)) for row in self._first} for name in names}
        plain = {name: _TYPES.get(kinds.pop()) for name, kinds in types.items() if len(kinds) == 1}
        if not self._is_list and len(plain) == len(names) and all(plain.values()):
            try:
                return self._read_fast(pa.schema(list(plain.items())))
            except pa.ArrowInvalid:
                pass  # another type further down
        return self._read_slowly(names)

    def place(self, row: int) -> str:
        return next(place for n, (place, _) in enumerate(self._rows(_loads)) if n == row)

    def objects(self) -> Iterator[dict[str, Any]]:
        """Yield all objects as they are."""
        return (row for _, row in self._rows(_typed))

    def _read_fast(self, schema: pa.Schema) -> dict[str, pa.ChunkedArray]:
        found = pajson.read_json(
            pa.BufferReader(self.file.buffer),
            pajson.ReadOptions(block_size=_BLOCK),
            pajson.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        found.validate(full=True)  # it does not look whether text is UTF-8
        return {name: found[name] for name in schema.names}

    def _read_slowly(self, names: Sequence[str]) -> dict[str, pa.ChunkedArray]:
        cells: dict[str, list[str | None]] = {name: [] for name in names}
        for place, row in self._rows(_loads):
            for name in names:
                cell = row.get(name)
                if isinstance(cell, (list, dict, bool)):
                    kind = "true or false" if isinstance(cell, bool) else f"a {_kind(cell)}"
                    raise RecsaeError(
                        f"{place}: column {name!r}: expected text or a number, got {kind}"
                    )
                text = None if cell is None else str(cell)
                if text is not None and not text.isascii() and _NO_UTF8.search(text):
                    raise RecsaeError(f"{place}: column {name!r}: expected UTF-8 text")
                cells[name].append(text)
        return {name: pa.chunked_array([pa.array(found, TEXT)]) for name, found in cells.items()}

    def _some(self) -> list[dict[str, Any]]:
        """Return the first objects, with numbers as numbers."""
        rows = []
        for _, row in self._rows(_typed, whole=self._is_list):
            rows.append(row)
            if len(rows) == SAMPLE:
                break
        return rows

    def _rows(
        self, loads: Callable[[str], Any], *, whole: bool = True
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each object and where it stands."""
        if self._is_list:
            found = _parsed(loads, self._text(), f"{self.file}")
            numbered: Iterator[tuple[str, Any]] = (
                (f"{self.file}: row {n + 1}", row) for n, row in enumerate(found)
            )
        else:
            numbered = self._lines(loads, whole=whole)
        for place, row in numbered:
            if not isinstance(row, dict):
                raise RecsaeError(f"{place}: expected an object {{…}}, got a {_kind(row)}")
            yield place, row

    def _text(self) -> str:
        data = self.file.buffer
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError as error:
            line = bytes(memoryview(data)[: error.start]).count(b"\n") + 1
            raise RecsaeError(f"{self.file}:{line}: expected UTF-8 text") from None

    def _lines(self, loads: Callable[[str], Any], *, whole: bool) -> Iterator[tuple[str, Any]]:
        lines = _END.split(self._text()) if whole else lines_of(self.file)
        for number, line in enumerate(lines, 1):
            if line.strip():
                place = f"{self.file}:{number}"
                yield place, _parsed(loads, line, place)


def _typed(text: str) -> Any:
    return json.loads(text)


def _loads(text: str) -> Any:
    """Read an object with its numbers as they are written, so that none is rounded."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _parsed(loads: Callable[[str], Any], text: str, place: str) -> Any:
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        reason = f"{place}: not JSON: {error.msg} at letter {error.pos + 1}"
    except ValueError:
        reason = f"{place}: not JSON that can be read: a number of thousands of digits"
    except RecursionError:
        raise RecsaeError(f"{place}: not JSON that can be read: nested too deeply") from None
    try:  # the logs of Steam and the older ones of Amazon are Python's dictionaries
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise RecsaeError(reason) from None
    if not isinstance(found, dict):
        raise RecsaeError(reason)
    return {str(name): _as_text(value) for name, value in found.items()}


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _kind(value: object) -> str:
    names = {list: "list", dict: "dictionary", bool: "truth value", str: "text", type(None): "null"}
    return names.get(type(value), type(value).__name__)
