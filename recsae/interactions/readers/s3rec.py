"""S3Rec's text: a line a user, `user item item …`, in order of time, without times."""

from typing import final

import numpy as np
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.files import numberlines
from recsae.interactions.log import Log
from recsae.interactions.readers.base import NumberReader
from recsae.interactions.readers.pairs import coded
from recsae.interactions.source_files import File


def _refuse_second_lines(file: File, users: NDArray[np.int64], lines: NDArray[np.int64]) -> None:
    order = np.argsort(users, kind="stable")
    again = order[1:][np.diff(users[order]) == 0]
    if again.size:
        second = again.min()
        before = lines[np.flatnonzero(users == users[second])[0]]
        raise RecsaeError(
            f"{file}:{lines[second]}: user {users[second]} already has line {before};"
            " expected one line a user"
        )


@final
class S3RecReader(NumberReader):
    """S3Rec's text, a user and their items a line, without times."""

    name = "s3rec"
    priority = 60

    def log(self, file: File) -> Log:
        """Read the sequences; raises RecsaeError naming a user's second line."""
        numbers, line_of = numberlines.numbers_of(file, "user")
        first = np.flatnonzero(np.diff(line_of, prepend=0))
        _refuse_second_lines(file, numbers[first], line_of[first])
        lengths = np.diff(np.append(first, len(numbers))) - 1
        if not lengths.all():
            where = f"{file}:{line_of[first[lengths.argmin()]]}"
            raise RecsaeError(f"{where}: expected a user and items, got one number")
        users = np.repeat(numbers[first], lengths)
        return Log(coded(users), coded(np.delete(numbers, first)), None)
