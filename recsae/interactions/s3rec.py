"""S3Rec's text: a line a user, `user item item …`, in order of time, without times."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.log import Log, coded
from recsae.interactions.settings import DataSettings
from recsae.interactions.tags import s3rec_tags

_WHOLE_NUMBER = r"^[0-9]{1,18}$"


def read_s3rec(path: Path, settings: DataSettings) -> Log:
    """Read the sequences, with the tags of a JSON …item2attributes.json beside them, if any.

    Raises RecsaeError naming the line of the first cell that is not a whole number, or of a user's
    second line.
    """
    for key in ("user_column", "item_column", "time_column"):
        if getattr(settings, key) is not None:
            raise RecsaeError(f"{path}: S3Rec text has no named columns; leave out {key}")
    numbers, line_of = _numbers(path)
    first = np.flatnonzero(np.diff(line_of, prepend=0))
    _refuse_second_lines(path, numbers[first], line_of[first])
    lengths = np.diff(np.append(first, len(numbers))) - 1
    if not lengths.all():
        where = f"{path}:{line_of[first[lengths.argmin()]]}"
        raise RecsaeError(f"{where}: expected a user and items, got one number")
    items = np.delete(numbers, first)
    about = _attributes_file(path)
    return Log(
        user=coded(pa.array(np.repeat(numbers[first], lengths))),
        item=coded(pa.array(items)),
        time=None,
        about=s3rec_tags(about) if about is not None else None,
    )


def _numbers(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all numbers of the file and the line, from 1, that each stands on."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = pc.utf8_trim_whitespace(pa.array(text.split("\n"), type=pa.large_string()))
    words = pc.utf8_split_whitespace(lines)
    cells = pc.list_flatten(words)
    line_of = pc.list_parent_indices(words).to_numpy() + 1
    there = pc.not_equal(cells, "")  # an empty line has one empty word
    cells, line_of = cells.filter(there), line_of[there.to_numpy(zero_copy_only=False)]
    wrong = pc.index(pc.match_substring_regex(cells, _WHOLE_NUMBER), False).as_py()
    if wrong >= 0:
        line, got = line_of[wrong], cells[wrong].as_py()
        column = "user" if np.searchsorted(line_of, line) == wrong else "item"
        raise RecsaeError(f"{path}:{line}: column {column!r}: expected a whole number, got {got!r}")
    return cells.cast(pa.int64()).to_numpy(), line_of


def _refuse_second_lines(path: Path, users: NDArray[np.int64], lines: NDArray[np.int64]) -> None:
    order = np.argsort(users, kind="stable")
    again = order[1:][np.diff(users[order]) == 0]
    if again.size:
        second = again.min()
        before = lines[np.flatnonzero(users == users[second])[0]]
        raise RecsaeError(
            f"{path}:{lines[second]}: user {users[second]} already has line {before};"
            " expected one line a user"
        )


def _attributes_file(path: Path) -> Path | None:
    named = path.with_name(f"{path.stem}_item2attributes.json")
    others = sorted(path.parent.glob("*item2attributes.json"))
    if named.is_file() or len(others) != 1:
        return named if named.is_file() else None
    return others[0]
