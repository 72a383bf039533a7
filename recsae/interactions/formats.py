"""Which format a file or a folder has, told by its content."""

import re
from pathlib import Path
from typing import NamedTuple

from recsae.errors import RecsaeError
from recsae.interactions.columns import columns
from recsae.interactions.parquet import parquet_names
from recsae.interactions.settings import DataSettings, Format
from recsae.interactions.tables import first_line, is_typed, text_table, typed_table

RECHORUS_FILES = ("train.csv", "dev.csv", "test.csv")
_S3REC_LINE = re.compile(r"\d+( +\d+)+ *")
_KNOWN = (
    "a RecBole .inter, a ReChorus folder (train.csv, dev.csv, test.csv), S3Rec text (user item"
    " item …), or a CSV or parquet file with user and item columns"
)


class Source(NamedTuple):
    """A file to read (a folder for ReChorus) and its format."""

    format: Format
    path: Path


def recognise(path: Path, settings: DataSettings) -> Source:
    """Find the log that `path` means; raises RecsaeError if there is none, or more than one."""
    if path.is_dir():
        return _in_folder(path, settings)
    if settings.format == "rechorus":
        raise RecsaeError(f"{path}: a ReChorus data set is a folder, this is a file")
    found = settings.format or format_of(path)
    if found is None:
        raise RecsaeError(f"{path}: format not recognised; expected {_KNOWN} (or name the format)")
    return Source(found, path)


def format_of(path: Path) -> Format | None:
    """Return the format that a file's first bytes show, or None."""
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return "parquet"
    line = first_line(path)
    if _S3REC_LINE.fullmatch(line):
        return "s3rec"
    names = text_table(path).names
    if is_typed(names):
        return "recbole"
    return "csv" if len(names) > 1 else None


def _in_folder(folder: Path, settings: DataSettings) -> Source:
    has_split = all((folder / name).is_file() for name in RECHORUS_FILES)
    if settings.format == "rechorus" or (has_split and settings.format is None):
        return Source("rechorus", folder)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    logs = [source for path in files if (source := _as_log(path, settings)) is not None]
    if len(logs) > 1:
        logs = [log for log in logs if log.path.stem == folder.resolve().name] or logs
    if len(logs) > 1:
        names = ", ".join(log.path.name for log in logs)
        raise RecsaeError(f"{folder}: {names} could all be the interactions; give one file's path")
    if not logs:
        raise RecsaeError(f"{folder}: no {settings.format or 'known'} log in it; expected {_KNOWN}")
    return logs[0]


def _as_log(path: Path, settings: DataSettings) -> Source | None:
    found = format_of(path)
    if found is None or (settings.format or found) != found:
        return None
    if found != "s3rec":
        try:
            columns(_names(found, path), settings, str(path))
        except RecsaeError:
            return None
    return Source(found, path)


def _names(found: Format, path: Path) -> list[str]:
    if found == "parquet":
        return parquet_names(path)
    return (typed_table(path) if found == "recbole" else text_table(path)).names
