"""Parquet: an event a row."""

from typing import final

from recsae.interactions.files.parquet import ParquetTable
from recsae.interactions.readers.base import TableReader
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


@final
class ParquetReader(TableReader):
    """Parquet, an event a row."""

    name = "parquet"
    priority = 10

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell parquet by its mark."""
        return file.head.startswith(b"PAR1")

    def table(self, file: File, settings: DataSettings) -> ParquetTable:
        """Open a parquet file."""
        return ParquetTable(file)
