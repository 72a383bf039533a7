"""What a reader is, and what it is given: the files of one log."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, NamedTuple

from recsae.interactions.columns.events import log_of
from recsae.interactions.files import numberlines
from recsae.interactions.log import Log
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File
from recsae.interactions.table import Table


class Source(NamedTuple):
    """The files of one log, in order, and their form."""

    format: str
    """The name of a reader."""
    files: tuple[File, ...]
    parts: tuple[int, ...] | None
    """The split that each file is, if they are a given one."""
    path: Path
    """What the user named."""


class Reader(ABC):
    """One format: how it is recognised and how it is read. The first that fits a file reads it."""

    name: ClassVar[str]
    """What `format` calls it; by it the registry finds the file."""
    priority: ClassVar[int]
    """Readers are asked in rising order; csv, which takes nearly any text, is 90 and asked last."""
    splits: ClassVar[bool] = True
    """Whether three files of it can be train, dev and test of a given split."""

    @abstractmethod
    def looks(self, file: File, settings: DataSettings) -> bool:
        """Return True if a file has this format, by its first bytes."""

    @abstractmethod
    def read(self, source: Source, settings: DataSettings, notes: list[str]) -> Log:
        """Read a log; what was assumed is added to the notes. Raises RecsaeError in one line."""

    def table(self, file: File, settings: DataSettings) -> Table | None:
        """Open a file as a table of events; None for a format that has no such."""
        return None


class TableReader(Reader):
    """A format with an event a row."""

    @abstractmethod
    def table(self, file: File, settings: DataSettings) -> Table:
        """Open a file as a table of events."""

    def read(self, source: Source, settings: DataSettings, notes: list[str]) -> Log:
        """Read the rows of all files."""
        tables = [self.table(file, settings) for file in source.files]
        where = source.path if len(tables) > 1 else None
        return log_of(tables, settings, notes, parts=source.parts, where=where)


class NumberReader(Reader):
    """Text of whole numbers in one of the forms of `numberlines`, in order, without times."""

    splits = False

    @abstractmethod
    def log(self, file: File) -> Log:
        """Read the events of a file; raises RecsaeError in one line."""

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell the form by the first lines."""
        return numberlines.form_of(file) == self.name

    def read(self, source: Source, settings: DataSettings, notes: list[str]) -> Log:
        """Read the one file; it has no columns that settings could name."""
        (file,) = source.files
        numberlines.refuse_columns(file, settings)
        log = self.log(file)
        notes += numberlines.notes_on(file, self.name, settings)
        return log
