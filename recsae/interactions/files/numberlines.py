"""Text of whole numbers parted by spaces, and which of three forms it has.

`user item` a line (pairs), `user item item …` (S3Rec), or `item item …` without a user (sequences).
"""

import re
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.files.layout import lines_of
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File
from recsae.interactions.times import looks_like_time

Form = Literal["pairs", "s3rec", "sequences"]
_LINE = re.compile(r"[ \t]*\d{1,18}([ \t]+\d{1,18})*[ \t]*", re.ASCII)
_WHOLE = r"^[0-9]{1,18}$"
_SAMPLE = 5000  # lines
_MOST = 0.9  # so many of the lines must agree: one damaged line is an error, not another form
_READ_AS = {
    "pairs": "pairs, a user and an item a line",
    "s3rec": "S3Rec's form, a user and then their items a line",
    "sequences": "sequences without a user, the items of one a line",
}


class Numbers(NamedTuple):
    """All numbers of a file, and the line, from 1, that each stands on."""

    values: NDArray[np.int64]
    line_of: NDArray[np.int64]


def form_of(file: File) -> Form | None:
    """Return the form that the first lines show, or None if they are no such lines."""
    lines = [line for line in lines_of(file)[:_SAMPLE] if line.strip()]
    fit = [line.split() for line in lines if _LINE.fullmatch(line)]
    if not fit or len(fit) < _MOST * len(lines) or not _LINE.fullmatch(lines[0]):
        return None
    widths = np.array([len(row) for row in fit])
    usual = int(np.median(widths))
    share = (widths == usual).mean() if len(fit) > 1 else 0
    constant = share >= _MOST
    if (widths == 1).all() or (share > 0.5 and "\t" in lines[0]):
        return None
    if constant and _is_table([row for row in fit if len(row) == usual]):
        return None
    first = np.array([int(row[0]) for row in fit], dtype=object)
    if constant and usual == 2:
        return "pairs" if len(set(first)) < len(first) else "s3rec"
    return "s3rec" if _are_users(first, fit) else "sequences"


def _is_table(rows: list[list[str]]) -> bool:
    """Tell rows of a user, an item, a rating, a time from sequences that are as long by chance."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if len(columns) < 3 or len(rows) < 2:
        return False
    users = len(set(columns[0])) < len(rows)
    if len(columns) <= 5 and any(looks_like_time(column) for column in columns[2:]):
        return True
    return users and len(columns) == 3 and all(int(cell) <= 5 for cell in columns[2])


def _are_users(first: NDArray[np.object_], rows: list[list[str]]) -> bool:
    """Tell whether lines start with a user: rising numbers, or each once and not all of items."""
    if len(first) >= 10 and (first[1:] > first[:-1]).mean() >= _MOST:
        return True  # a user with two lines is a mistake to be refused
    if len(set(first)) < len(first):
        return False
    if (first[1:] > first[:-1]).all() or max(first) - min(first) + 1 == len(first):
        return True
    items = {int(cell) for row in rows for cell in row[1:]}
    return not items.issuperset(first)


def notes_on(file: File, form: str, settings: DataSettings) -> list[str]:
    """Return the line that says which form was assumed, unless the settings name it."""
    if settings.format is not None:
        return []
    others = " or ".join(f"--format {other}" for other in _READ_AS if other != form)
    return [f"{file}: read as {_READ_AS[form]}, in the order of the file; {others} says otherwise"]


def refuse_columns(file: File, settings: DataSettings) -> None:
    """Raise RecsaeError if settings name columns, which such text has not."""
    keys = ("user_column", "item_column", "time_column", "rating_column", "min_rating", "where")
    for key in keys:
        if getattr(settings, key) is not None:
            raise RecsaeError(f"{file}: text of numbers has no named columns; leave out {key}")
    if settings.order.startswith("random"):
        raise RecsaeError(f"{file}: without times no event ties with another; leave out order")


def numbers_of(file: File, first: str) -> Numbers:
    """Read all numbers; `first` is what a line starts with, for the message about a wrong cell."""
    text = str(file.buffer, "utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = pc.utf8_trim_whitespace(pa.array(text.split("\n"), type=pa.large_string()))
    words = pc.utf8_split_whitespace(lines)
    cells = pc.list_flatten(words)
    line_of = pc.list_parent_indices(words).to_numpy() + 1
    there = pc.not_equal(cells, "")  # an empty line has one empty word
    cells, line_of = cells.filter(there), line_of[there.to_numpy(zero_copy_only=False)]
    wrong = pc.index(pc.match_substring_regex(cells, _WHOLE), False).as_py()
    if wrong >= 0:
        line, got = line_of[wrong], cells[wrong].as_py()
        column = first if np.searchsorted(line_of, line) == wrong else "item"
        raise RecsaeError(f"{file}:{line}: column {column!r}: expected a whole number, got {got!r}")
    return Numbers(cells.cast(pa.int64()).to_numpy(), line_of)
