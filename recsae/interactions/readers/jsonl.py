"""JSON lines, such as Amazon's reviews of 2014, 2018 and 2023: an event an object."""

import json
from typing import final

from recsae.interactions.files.jsonlines import JsonTable
from recsae.interactions.readers.base import TableReader
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


@final
class JsonReader(TableReader):
    """JSON lines or a list of objects, an event an object."""

    name = "jsonl"
    priority = 20

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell objects, or a list of them, by how they start; lists are told to be none."""
        start = file.head.lstrip()
        if start[:1] == b"[" and start[1:].lstrip()[:1] != b"{":
            return _is_json(start.partition(b"\n")[0])
        return start[:1] in (b"{", b"[")

    def table(self, file: File, settings: DataSettings) -> JsonTable:
        """Open a file of objects."""
        return JsonTable(file)
