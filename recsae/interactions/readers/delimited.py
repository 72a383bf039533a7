"""Tables in text with commas, tabs, semicolons, `|`, `::` or spaces, with or without names.

So are MovieLens' u.data, ratings.dat and ratings.csv, Amazon's ratings, Gowalla, Yoochoose.
"""

from typing import final

from recsae.errors import RecsaeError
from recsae.interactions.files.layout import layout_of
from recsae.interactions.files.text import TextTable
from recsae.interactions.readers.base import TableReader
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


@final
class DelimitedReader(TableReader):
    """A table in text, an event a row."""

    name = "csv"
    priority = 90

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell text in at least two columns."""
        return layout_of(file, settings) is not None

    def table(self, file: File, settings: DataSettings) -> TextTable:
        """Open a text file as a table."""
        layout = layout_of(file, settings)
        if layout is None:
            raise RecsaeError(
                f"{file}: expected columns parted by a comma, tab, semicolon, | or ::"
            )
        return TextTable(file, layout)
