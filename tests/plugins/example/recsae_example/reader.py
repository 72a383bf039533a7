"""A reader of a format that nobody has."""

import numpy as np

from recsae.interactions.log import Log
from recsae.interactions.readers.base import Reader, Source
from recsae.interactions.readers.pairs import coded
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


class Arrows(Reader):
    """Numbers of users and items with an arrow between them, in the order of time."""

    name = "arrows"
    priority = 85
    splits = False

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell the format by its arrows."""
        return b"->" in file.head.partition(b"\n")[0]

    def read(self, source: Source, settings: DataSettings, notes: list[str]) -> Log:
        """Read all lines."""
        (file,) = source.files
        pairs = [line.split(b"->") for line in file.buffer.to_pybytes().splitlines()]
        user, item = np.array(pairs).astype(int).T
        return Log(coded(user), coded(item), None)
