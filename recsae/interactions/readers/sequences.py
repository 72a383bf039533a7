"""Sequences without a user: the items of one a line, in order; a line's number is its user."""

from typing import final

from recsae.interactions.files import numberlines
from recsae.interactions.log import Log
from recsae.interactions.readers.base import NumberReader
from recsae.interactions.readers.pairs import coded
from recsae.interactions.source_files import File


@final
class SequenceReader(NumberReader):
    """The items of one sequence a line, without users and times."""

    name = "sequences"
    priority = 70

    def log(self, file: File) -> Log:
        """Read the sequences."""
        numbers = numberlines.numbers_of(file, "item")
        return Log(coded(numbers.line_of), coded(numbers.values), None)
