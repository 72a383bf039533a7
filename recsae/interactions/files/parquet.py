"""Parquet files as tables."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from recsae.errors import RecsaeError
from recsae.interactions.files.layout import SAMPLE
from recsae.interactions.source_files import File
from recsae.interactions.table import TEXT, Table


class ParquetTable(Table):
    """Rows as parquet has them, with its types."""

    headed = True

    def __init__(self, file: File) -> None:
        self.file = file
        try:
            schema = pq.read_schema(pa.BufferReader(file.buffer))
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            raise RecsaeError(f"{file}: not a parquet file, or a broken one") from None
        self.names = list(schema.names)
        self.nested = frozenset(field.name for field in schema if pa.types.is_nested(field.type))

    def sample(self) -> dict[str, list[str | None]]:
        try:
            batches = pq.ParquetFile(pa.BufferReader(self.file.buffer)).iter_batches(SAMPLE)
            first = next(batches, None)
            if first is not None:
                first.validate(full=True)
        except (pa.ArrowException, OSError) as error:
            raise self._broken(error) from None
        if first is None:
            return {name: [] for name in self.names}
        return {
            name: [None if cell.as_py() in (None, "") else str(cell) for cell in cells]
            for name, cells in zip(self.names, first.columns, strict=True)
        }

    def read(self, names: Sequence[str], numbers: Sequence[str] = ()) -> dict[str, pa.ChunkedArray]:
        try:
            found = pq.read_table(pa.BufferReader(self.file.buffer), columns=[*names])
            found.validate(full=True)
        except (pa.ArrowException, OSError) as error:
            raise self._broken(error) from None
        views = {n for n in names if pa.types.is_string_view(found[n].type)}
        return {name: found[name].cast(TEXT) if name in views else found[name] for name in names}

    def place(self, row: int) -> str:
        return f"{self.file}: row {row + 1}"

    def _broken(self, error: Exception) -> RecsaeError:
        return RecsaeError(f"{self.file}: broken parquet file: {str(error).splitlines()[0]}")
