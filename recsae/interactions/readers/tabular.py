"""What the formats with an event a row share."""

from collections.abc import Callable

from recsae.interactions.columns.events import log_of
from recsae.interactions.log import Log
from recsae.interactions.readers.source import Reader, Source
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File
from recsae.interactions.table import Table


def table_reader(
    looks: Callable[[File, DataSettings], bool], table: Callable[[File, DataSettings], Table]
) -> Reader:
    """Return the reader of a format whose files are tables of events."""

    def read(source: Source, settings: DataSettings, notes: list[str]) -> Log:
        tables = [table(file, settings) for file in source.files]
        where = source.path if len(tables) > 1 else None
        return log_of(tables, settings, notes, parts=source.parts, where=where)

    return Reader(looks, read, table)
