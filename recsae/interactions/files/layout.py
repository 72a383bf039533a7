"""How a text file is laid out: what parts its columns, whether a line of names comes first."""

import csv
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from recsae.interactions.names import LABEL, bare, role_of
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import HEAD, File
from recsae.interactions.times import looks_like_time

SAMPLE = 200  # rows by whose cells a table is understood
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_DELIMITERS = ("::", "\t", ";", "|", ",", " ")
_QUOTED_BY_HABIT = (",", ";")
_DECLARED = re.compile(r"sep=([,;|\t])")  # Excel's first line
LINE_END = re.compile(rb"\r\n|\n|\r")
_LIKE_A_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")


class Layout(NamedTuple):
    """The columns of a text file, and where its rows start."""

    delimiter: str
    quoted: bool
    names: list[str]
    """Their names; positions from 1 if the file has no line of names."""
    headed: bool
    skip: int
    """So many lines come before the first row."""
    rows: list[list[str]]
    """The first rows."""


def lines_of(file: File) -> list[str]:
    """Return the first lines; a last one that the head cuts is left out. Bytes are no lines."""
    if b"\0" in file.head:
        return []
    lines = LINE_END.split(file.head)
    if len(lines) > 1 and len(file.head) >= HEAD:
        lines.pop()
    return [line.decode("utf-8", "replace") for line in lines]


def layout_of(file: File, settings: DataSettings, *, headed: bool | None = None) -> Layout | None:
    """Return the layout of a table, or None if there are no two columns in it."""
    lines = lines_of(file)
    comments = _comments(lines)
    start = next((n for n in range(comments, len(lines)) if lines[n].strip()), None)
    if start is None:
        return None
    if comments and (named := _named_comment(lines[comments - 1], lines[start:])):
        return named._replace(skip=start)
    shown = [line for line in lines[start:] if line.strip()][: SAMPLE + 1]
    declared = _DECLARED.fullmatch(lines[0])
    delimiter = declared[1] if declared else _delimiter(shown)
    if delimiter is None:
        return None
    quoted = _is_quoted(shown, delimiter)
    rows = cells_of(shown, delimiter, quoted=quoted)
    names = [_clean_name(name) for name in rows[0]]
    if headed is None:
        headed = _is_header(names, rows[1:], settings)
    if headed and delimiter == " " and not _names_a_log(names):
        return None
    if headed:
        return Layout(delimiter, quoted, names, True, start + 1, rows[1:])
    positions = [str(place + 1) for place in range(len(names))]
    return Layout(delimiter, quoted, positions, False, start, rows)


def cells_of(lines: Sequence[str], delimiter: str, *, quoted: bool) -> list[list[str]]:
    """Part lines into cells."""
    if delimiter == " ":
        return [line.split() for line in lines]
    if len(delimiter) > 1:
        return [line.split(delimiter) for line in lines]
    try:
        return list(csv.reader(lines, delimiter=delimiter, quoting=quoting(quoted)))
    except csv.Error:  # a cell beyond the reader's limit
        return [line.split(delimiter) for line in lines]


def quoting(quoted: bool) -> Literal[0, 3]:
    """Return what the csv module calls it."""
    return csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE


def _comments(lines: Sequence[str]) -> int:
    signs = ("#", "%", "sep=") if lines and _DECLARED.fullmatch(lines[0]) else ("#", "%")
    count = next((n for n, line in enumerate(lines) if not line.startswith(signs)), len(lines))
    return count if any(line.strip() for line in lines[count:]) else 0


def _named_comment(comment: str, lines: Sequence[str]) -> Layout | None:
    """Read a line of names behind a `#`, if it is one."""
    delimiter = _delimiter([comment.lstrip("#% "), *lines[:SAMPLE]])
    if delimiter is None:
        return None
    shown = [line for line in lines if line.strip()][:SAMPLE]
    names, *rows = cells_of([comment.lstrip("#% "), *shown], delimiter, quoted=True)
    names = [_clean_name(name) for name in names]
    if not _names_a_log(names):
        return None
    return Layout(delimiter, _is_quoted(shown, delimiter), names, True, 0, rows)


def _delimiter(lines: Sequence[str]) -> str | None:
    """Choose what parts most lines into as many cells as the first one."""
    best: tuple[float, int, str] | None = None
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in cells_of(lines, delimiter, quoted=True)]
        share = sum(width == widths[0] for width in widths) / len(lines)
        if widths[0] < 2 or (delimiter == " " and (best or share < 0.9)):
            continue
        # Among signs that part all lines alike the one with more columns wins.
        if best is None or (share, widths[0] if share == best[0] else 0) > best[:2]:
            best = (share, widths[0], delimiter)
    return best[2] if best else None


def _is_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Outside comma-parted files a quote is a letter, unless one opens and closes a cell."""
    if delimiter in _QUOTED_BY_HABIT:
        return True
    cells = (cell.strip() for row in cells_of(lines, delimiter, quoted=False) for cell in row)
    return any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells)


def _clean_name(name: str) -> str:
    return name.strip().lstrip("#%").strip().strip('"').strip()


def _names_a_log(names: Sequence[str]) -> bool:
    roles = {role_of(name) for name in names}
    return "user" in roles and "item" in roles


def _is_header(names: Sequence[str], rows: Sequence[list[str]], settings: DataSettings) -> bool:
    chosen = [settings.user_column, settings.item_column, settings.time_column]
    asked = [name for name in [*chosen, settings.rating_column] if name is not None]
    if any(name in names and not name.isdecimal() for name in asked):
        return True
    if _names_a_log(names):
        return True
    columns = list(zip(*(row for row in rows if len(row) == len(names)), strict=True))
    if len(names) > 2 and names == [str(n) for n in range(len(names))]:  # pandas' names for none
        return any(looks_like_time(column) for column in columns)
    if any(NUMBER.fullmatch(name) or _LIKE_A_DATE.match(name) for name in names):
        return False
    if not rows or any(role_of(name) in ("user", "item") for name in names if bare(name) != LABEL):
        return True
    if any(all(NUMBER.fullmatch(cell) for cell in column) for column in columns):
        return True
    positions = bool(asked) and all(name.isdigit() for name in asked)
    recurs = any(name in column for name, column in zip(names, columns, strict=False))
    return not positions and not recurs
