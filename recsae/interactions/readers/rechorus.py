"""ReChorus' folder: train.csv, dev.csv and test.csv, a given split."""

from recsae.errors import RecsaeError
from recsae.interactions.log import Log
from recsae.interactions.readers import delimited
from recsae.interactions.readers.source import Reader, Source
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File

FILES = ("train.csv", "dev.csv", "test.csv")


def looks(file: File, settings: DataSettings) -> bool:
    """One file is never such a folder."""
    return False


def read(source: Source, settings: DataSettings, notes: list[str]) -> Log:
    """Read the three files, in this order."""
    if source.parts is None:
        raise RecsaeError(f"{source.path}: a ReChorus data set is a folder, this is a file")
    return delimited.READER.read(source, settings, notes)


READER = Reader(looks, read, delimited.table)
