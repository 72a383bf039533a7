"""The original SASRec's text: `user item` a line, in order of time, without times."""

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.files import numberlines
from recsae.interactions.log import Coded, Log
from recsae.interactions.readers.base import NumberReader
from recsae.interactions.source_files import File


def coded(values: NDArray[Any]) -> Coded:
    """Code ids that are whole numbers."""
    ids, codes = np.unique(values, return_inverse=True)
    return Coded(codes.astype(np.int32), ids)


@final
class PairReader(NumberReader):
    """The original SASRec's text, a user and an item a line, without times."""

    name = "pairs"
    priority = 50

    def log(self, file: File) -> Log:
        """Read the pairs in the order of the file."""
        numbers = numberlines.numbers_of(file, "user")
        lines, counts = np.unique(numbers.line_of, return_counts=True)
        wrong = np.flatnonzero(counts != 2)
        if wrong.size:
            line, got = lines[wrong[0]], counts[wrong[0]]
            raise RecsaeError(
                f"{file}:{line}: expected a user and an item, got {got} number{'s' * bool(got > 1)}"
                " (--format s3rec reads sequences)"
            )
        return Log(coded(numbers.values[::2]), coded(numbers.values[1::2]), None)
