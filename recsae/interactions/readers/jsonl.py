"""JSON lines, such as Amazon's reviews of 2014, 2018 and 2023: an event an object."""

import json

from recsae.interactions.files.jsonlines import JsonTable
from recsae.interactions.readers.tabular import table_reader
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


def looks(file: File, settings: DataSettings) -> bool:
    """Tell objects, or a list of them, by how they start; lists are told to be none."""
    start = file.head.lstrip()
    if start[:1] == b"[" and start[1:].lstrip()[:1] != b"{":
        return _is_json(start.partition(b"\n")[0])
    return start[:1] in (b"{", b"[")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def table(file: File, settings: DataSettings) -> JsonTable:
    """Open a file of objects."""
    return JsonTable(file)


READER = table_reader(looks, table)
