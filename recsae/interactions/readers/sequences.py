"""Sequences without a user: the items of one a line, in order; a line's number is its user."""

from typing import final

from recsae.interactions.files import numberlines
from recsae.interactions.log import Log
from recsae.interactions.readers.base import Reader, Source
from recsae.interactions.readers.pairs import coded
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


@final
class SequenceReader(Reader):
    """The items of one sequence a line, without users and times."""

    name = "sequences"
    priority = 70
    splits = False

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell lines of numbers whose first one is an item like the others."""
        return numberlines.form_of(file) == "sequences"

    def read(self, source: Source, settings: DataSettings, notes: list[str]) -> Log:
        """Read the sequences."""
        (file,) = source.files
        numberlines.refuse_columns(file, settings)
        numbers = numberlines.numbers_of(file, "item")
        notes += numberlines.notes_on(file, "sequences", settings)
        return Log(coded(numbers.line_of), coded(numbers.values), None)
