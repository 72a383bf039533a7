"""JSON lines, such as Amazon's reviews of 2014, 2018 and 2023: an event an object."""

from recsae.interactions.jsonlines import JsonTable
from recsae.interactions.opening import File
from recsae.interactions.readers.tabular import table_reader
from recsae.interactions.settings import DataSettings


def looks(file: File, settings: DataSettings) -> bool:
    """Tell objects, or a list of them, by how they start."""
    start = file.head.lstrip()
    return start[:1] == b"{" or (start[:1] == b"[" and start[1:].lstrip()[:1] == b"{")


def table(file: File, settings: DataSettings) -> JsonTable:
    """Open a file of objects."""
    return JsonTable(file)


READER = table_reader(looks, table)
