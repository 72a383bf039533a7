"""A log as a table of raw columns, whatever the file: what every reader of events gives."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.source_files import File

TEXT = pa.string()
_SHOWN = 80  # letters of a wrong cell
CODED = pa.dictionary(pa.int32(), TEXT)


class Table(ABC):
    """Rows of named columns; an id is text or a number, as the file has it."""

    file: File
    names: list[str]
    headed: bool
    """Whether the names stand in the file; else they are positions from 1."""
    nested: frozenset[str] = frozenset()
    """Columns of lists or objects, which are no ids, times or ratings."""

    @abstractmethod
    def sample(self) -> dict[str, list[str | None]]:
        """Return the first cells of each column as text; None for a gap."""

    @abstractmethod
    def read(self, names: Sequence[str], numbers: Sequence[str] = ()) -> dict[str, pa.ChunkedArray]:
        """Read columns; those in `numbers` may come as numbers, if all of their cells are."""

    @abstractmethod
    def place(self, row: int) -> str:
        """Return where a row stands, e.g. `clicks.csv:17`."""

    @property
    def top(self) -> str:
        """Return where the names stand."""
        return str(self.file)


@dataclass(frozen=True)
class Column:
    """The cells of one column over all files, and where each of them stands."""

    name: str
    cells: pa.ChunkedArray
    place: Callable[[int], str]
    where: str
    """The file, or the folder of several."""

    def only(self, keep: NDArray[np.bool_]) -> "Column":
        """Return the cells marked, each of which still knows where it stands."""
        rows = np.flatnonzero(keep)
        cells = self.cells.filter(pa.array(keep))
        return replace(self, cells=cells, place=lambda row: self.place(int(rows[row])))

    def refuse(self, row: int, expected: str, got: Any = None) -> NoReturn:
        """Raise the one line about a cell."""
        if got is None:
            got = self.cells[row].as_py()
        if isinstance(got, str) and len(got) > _SHOWN:
            got = f"{got[:_SHOWN]}…"
        shown = "nothing" if got is None or got == "" else repr(got)
        words = f"column {self.name!r}: expected {expected}, got {shown}"
        raise RecsaeError(f"{self.place(row)}: {words}")

    def refuse_all(self, expected: str, got: object) -> NoReturn:
        """Raise the one line about a column that is of no use as a whole."""
        raise RecsaeError(f"{self.where}: column {self.name!r}: expected {expected}, got {got}")

    def text(self) -> pa.ChunkedArray:
        """Return the cells as text without spaces around it, coded if they were."""
        cells = self.cells
        if pa.types.is_dictionary(cells.type) and cells.type.value_type != TEXT:
            cells = cells.cast(cells.type.value_type)
        if pa.types.is_dictionary(cells.type):
            return cells
        try:
            return cells.cast(TEXT)
        except pa.ArrowException:
            self.refuse_all("text or numbers", cells.type)


def columns_of(
    tables: Sequence[Table], names: Sequence[str], numbers: Sequence[str], where: str
) -> tuple[dict[str, Column], list[int]]:
    """Read columns of files of one form, one below the other; also how many rows each has."""
    parts = [table.read(names, numbers) for table in tables]
    sizes = [len(part[names[0]]) for part in parts]

    def place(row: int) -> str:
        for table, size in zip(tables, sizes, strict=True):
            if row < size:
                return table.place(row)
            row -= size
        raise AssertionError("a row beyond the last")

    columns = {
        name: Column(name, _joined([part[name] for part in parts]), place, where) for name in names
    }
    return columns, sizes


def _joined(parts: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Put one under the other; where one file has numbers and another text, all is text."""
    # A file in which no cell is text comes as numbers, its neighbour as text.
    if len({part.type for part in parts}) > 1:
        parts = [part.cast(TEXT) for part in parts]
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
