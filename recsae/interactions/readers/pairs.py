"""The original SASRec's text: `user item` a line, in order of time, without times."""

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.files import numberlines
from recsae.interactions.log import Coded, Log
from recsae.interactions.readers.base import Reader, Source
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File


def coded(values: NDArray[Any]) -> Coded:
    """Code ids that are whole numbers."""
    ids, codes = np.unique(values, return_inverse=True)
    return Coded(codes.astype(np.int32), ids)


@final
class PairReader(Reader):
    """The original SASRec's text, a user and an item a line, without times."""

    name = "pairs"
    priority = 50
    splits = False

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell two numbers a line, of which the first recurs."""
        return numberlines.form_of(file) == "pairs"

    def read(self, source: Source, settings: DataSettings, notes: list[str]) -> Log:
        """Read the pairs in the order of the file."""
        (file,) = source.files
        numberlines.refuse_columns(file, settings)
        numbers = numberlines.numbers_of(file, "user")
        lines, counts = np.unique(numbers.line_of, return_counts=True)
        wrong = np.flatnonzero(counts != 2)
        if wrong.size:
            line, got = lines[wrong[0]], counts[wrong[0]]
            raise RecsaeError(
                f"{file}:{line}: expected a user and an item, got {got} number{'s' * bool(got > 1)}"
                " (--format s3rec reads sequences)"
            )
        notes += numberlines.notes_on(file, "pairs", settings)
        return Log(coded(numbers.values[::2]), coded(numbers.values[1::2]), None)
