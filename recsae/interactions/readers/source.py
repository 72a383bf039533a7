"""What is to be read: the files of one log, and the interface of their readers."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from recsae.interactions.log import Log
from recsae.interactions.settings import DataSettings, Format
from recsae.interactions.source_files import File
from recsae.interactions.table import Table


class Source(NamedTuple):
    """The files of one log, in order, and their form."""

    format: Format
    files: tuple[File, ...]
    parts: tuple[int, ...] | None
    """The split that each file is, if they are a given one."""
    path: Path
    """What the user named."""


class Reader(NamedTuple):
    """One format: how it is recognised and how it is read."""

    looks: Callable[[File, DataSettings], bool]
    """Tell whether a file has this format, by its first bytes."""
    read: Callable[[Source, DataSettings, list[str]], Log]
    """Read a log; what was assumed is added to the list. Raises RecsaeError in one line."""
    table: Callable[[File, DataSettings], Table] | None = None
    """Open a file as a table of events, where it is one."""
