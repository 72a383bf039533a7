"""Parquet: an event a row."""

from recsae.interactions.files.parquet import ParquetTable
from recsae.interactions.readers.tabular import table_reader
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


def looks(file: File, settings: DataSettings) -> bool:
    """Tell parquet by its mark."""
    return file.head.startswith(b"PAR1")


def table(file: File, settings: DataSettings) -> ParquetTable:
    """Open a parquet file."""
    return ParquetTable(file)


READER = table_reader(looks, table)
