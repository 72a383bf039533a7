"""ReChorus' folder: train.csv, dev.csv and test.csv, a given split."""

from typing import final

from recsae.errors import RecsaeError
from recsae.interactions.log import Log
from recsae.interactions.readers.base import Reader, Source
from recsae.interactions.readers.delimited import DelimitedReader
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File

FILES = ("train.csv", "dev.csv", "test.csv")


@final
class RechorusReader(Reader):
    """ReChorus' folder of train.csv, dev.csv and test.csv."""

    name = "rechorus"
    priority = 80

    def looks(self, file: File, settings: DataSettings) -> bool:
        """One file is never such a folder."""
        return False

    def read(self, source: Source, settings: DataSettings, notes: list[str]) -> Log:
        """Read the three files, in this order."""
        if source.parts is None:
            raise RecsaeError(f"{source.path}: a ReChorus data set is a folder, this is a file")
        return DelimitedReader().read(source, settings, notes)
