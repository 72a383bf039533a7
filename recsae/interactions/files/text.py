"""Tables in text files, read whole by pyarrow; only a broken one is walked row by row."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NoReturn

import pyarrow as pa
import pyarrow.csv as pacsv

from recsae.errors import RecsaeError
from recsae.interactions.files.layout import LINE_END, Layout, quoting
from recsae.interactions.source_files import File
from recsae.interactions.table import CODED, TEXT, Table

_WHOLE = re.compile(r"\s*-?\d{1,18}\s*", re.ASCII)
_HEXADECIMAL = re.compile(rb"0[xX]")  # a number to pyarrow
_PART = "\x1f"  # stands for a delimiter of two letters, which pyarrow does not know


class TextTable(Table):
    """A row a line; cells may be quoted."""

    def __init__(self, file: File, layout: Layout) -> None:
        self.file, self.names, self.headed = file, layout.names, layout.headed
        self._layout = layout

    @property
    def top(self) -> str:
        return f"{self.file}:{self._layout.skip}" if self.headed else str(self.file)

    def sample(self) -> dict[str, list[str | None]]:
        rows = [row for row in self._layout.rows if len(row) == len(self.names)]
        columns = zip(*rows, strict=True) if rows else ([] for _ in self.names)
        return {
            name: [cell.strip() or None for cell in cells]
            for name, cells in zip(self.names, columns, strict=True)
        }

    def read(self, names: Sequence[str], numbers: Sequence[str] = ()) -> dict[str, pa.ChunkedArray]:
        whole = [name for name in numbers if self._looks_whole(name)]
        types = {name: TEXT if name in numbers else CODED for name in names}
        if whole and not self._has_hexadecimal():
            try:
                return self._read(types | dict.fromkeys(whole, pa.int64()))
            except pa.ArrowInvalid:
                pass  # a cell is no whole number: as text, it can be shown
        try:
            return self._read(types)
        except pa.ArrowInvalid as error:
            self._raise_first_mistake(names, str(error))

    def place(self, row: int) -> str:
        line = next((line for n, (line, _) in enumerate(self.rows()) if n == row), "?")
        return f"{self.file}:{line}"

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row with the number of its first line."""
        text = io.TextIOWrapper(
            io.BytesIO(self._body), encoding="utf-8", errors="surrogateescape", newline=""
        )
        reader = csv.reader(text, delimiter=self._delimiter, quoting=quoting(self._layout.quoted))
        line = self._layout.skip + 1
        try:
            for row in reader:
                if row:
                    yield line, row
                line = self._layout.skip + reader.line_num + 1
        except csv.Error as error:
            raise RecsaeError(f"{self.file}:{line}: {error}") from None

    @cached_property
    def _body(self) -> pa.Buffer:
        """The rows, with a delimiter of one letter."""
        data = self.file.buffer
        ends = LINE_END.finditer(data)
        start = 0
        for _ in range(self._layout.skip):
            found = next(ends, None)
            start = found.end() if found else len(data)
        data = data.slice(start)
        if self._layout.delimiter == " ":
            stripped = re.sub(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)", b"", data)
            return pa.py_buffer(re.sub(rb"[ \t]+", b"\t", stripped))
        if len(self._layout.delimiter) > 1:
            plain = data.to_pybytes()
            return pa.py_buffer(plain.replace(self._layout.delimiter.encode(), _PART.encode()))
        return data

    @property
    def _delimiter(self) -> str:
        given = self._layout.delimiter
        return "\t" if given == " " else given if len(given) == 1 else _PART

    def _has_hexadecimal(self) -> bool:
        """Look for one letter first, which takes no time in a file of numbers."""
        letters = (re.search(letter, self._body) for letter in (b"x", b"X"))
        return any(letters) and _HEXADECIMAL.search(self._body) is not None

    def _looks_whole(self, name: str) -> bool:
        cells = self.sample()[name]
        return bool(cells) and all(cell is not None and _WHOLE.fullmatch(cell) for cell in cells)

    def _read(self, types: dict[str, pa.DataType]) -> dict[str, pa.ChunkedArray]:
        start = bytes(memoryview(self._body)[:4096]).strip()
        if not start and not self._body.to_pybytes().strip():
            return {name: pa.chunked_array([], type=kind) for name, kind in types.items()}
        quoted = self._layout.quoted
        read = pacsv.ReadOptions(column_names=self.names)
        parse = pacsv.ParseOptions(
            delimiter=self._delimiter,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted and re.search(b'"', self._body) is not None,
        )
        convert = pacsv.ConvertOptions(
            column_types=types, include_columns=[*types], null_values=[], strings_can_be_null=False
        )
        found = pacsv.read_csv(pa.BufferReader(self._body), read, parse, convert)
        return {name: found[name] for name in types}

    def _raise_first_mistake(self, names: Sequence[str], fallback: str) -> NoReturn:
        """Find what the fast reader refused, in the order of the file."""
        for line, row in self.rows():
            if len(row) != len(self.names):
                reason = f"expected {len(self.names)} columns, got {len(row)}"
                raise RecsaeError(f"{self.file}:{line}: {reason}")
            for name, cell in zip(self.names, row, strict=True):
                if name in names and any("\udc80" <= letter <= "\udcff" for letter in cell):
                    raise RecsaeError(f"{self.file}:{line}: column {name!r}: expected UTF-8 text")
        raise RecsaeError(f"{self.file}: cannot be read: {fallback.splitlines()[0]}")
