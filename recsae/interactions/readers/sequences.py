"""Sequences without a user: the items of one a line, in order; a line's number is its user."""

from recsae.interactions.files import numberlines
from recsae.interactions.log import Log
from recsae.interactions.readers.pairs import coded
from recsae.interactions.readers.source import Reader, Source
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


def looks(file: File, settings: DataSettings) -> bool:
    """Tell lines of numbers whose first one is an item like the others."""
    return numberlines.form_of(file) == "sequences"


def read(source: Source, settings: DataSettings, notes: list[str]) -> Log:
    """Read the sequences."""
    (file,) = source.files
    numberlines.refuse_columns(file, settings)
    numbers = numberlines.numbers_of(file, "item")
    notes += numberlines.told(file, "sequences", settings)
    return Log(coded(numbers.line_of), coded(numbers.values), None)


READER = Reader(looks, read)
