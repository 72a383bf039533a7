"""Which log a path means: one file, or the one of a folder or an archive that is a log."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from recsae.errors import RecsaeError
from recsae.interactions.columns import columns
from recsae.interactions.opening import File, files_at, one_file
from recsae.interactions.readers import READERS
from recsae.interactions.readers.rechorus import FILES
from recsae.interactions.settings import DataSettings, Format
from recsae.interactions.source import Source

_KNOWN = (
    "a table (CSV, TSV, parquet, JSON lines) with a user and an item a row, a RecBole .inter, a"
    " ReChorus folder (train.csv, dev.csv, test.csv), or text of numbers (user item item …)"
)
_PART = re.compile(
    r"(?P<stem>.*?)[._-]?(?P<part>train|training|dev|valid|val|validation|test)(\.\w+)+",
    re.I,
)
_PARTS = {"train": 0, "training": 0, "dev": 1, "valid": 1, "val": 1, "validation": 1, "test": 2}
_USUAL = re.compile(
    r"ratings?|interactions?|events?|clicks?|logs?|views?|purchases?|transactions?|checkins?"
    r"|.*_?totalcheckins|user_artists|.*reviews.*|yoochoose-clicks|train-item-views",
    re.I,
)
_NETFLIX = re.compile(rb"\d+:\s*\n\d+,")
_PIECE = re.compile(r"part[-_.]?\d+.*", re.I)


class _Candidate(NamedTuple):
    """What could be the log, and how sure its name and its content make that."""

    source: Source
    name: str
    rank: int
    """0: the name is a log's, 1: the columns are named as a log's, 2: neither."""


def find_log(path: Path, settings: DataSettings) -> Source:
    """Return the log that a path means; raises RecsaeError if there is none, or more than one."""
    files = files_at(path)
    if files is not None and (path.is_dir() or len(files) > 1):
        return _among(path, files, settings)
    if settings.format == "rechorus":
        raise RecsaeError(f"{path}: a ReChorus data set is a folder, this is a file")
    file = files[0] if files else one_file(path)
    found = settings.format or format_of(file, settings)
    if found is None:
        told = "empty" if not file.head.strip() else "format not recognised"
        if _NETFLIX.match(file.head):
            raise RecsaeError(
                f"{path}: an item's own line (1:) before its users' rows, as in Netflix' data;"
                " write rows of user, item, rating, date first"
            )
        raise RecsaeError(f"{path}: {told}; expected {_KNOWN} (or name the format)")
    return Source(found, (file,), None, path)


def format_of(file: File, settings: DataSettings) -> Format | None:
    """Return the first format that a file's content fits, or None."""
    return next((name for name, reader in READERS.items() if reader.looks(file, settings)), None)


def _among(path: Path, files: Sequence[File], settings: DataSettings) -> Source:
    split = _given_split(path, files, settings)
    if settings.format == "rechorus":
        if split is None or split.source.format != "rechorus":
            raise _no_rechorus(path, files)
        return split.source
    in_split = () if split is None else split.source.files
    found = [c for file in files if file not in in_split and (c := _as_log(path, file, settings))]
    found += [] if split is None else [split]
    found = [one for one in found if one.rank == min(other.rank for other in found)]
    if len(found) > 1:
        name = path.resolve().name.partition(".")[0] if path.is_file() else path.resolve().name
        found = [one for one in found if one.name == name] or found
    if len(found) > 1 and all(_PIECE.fullmatch(one.name) for one in found):
        pieces = tuple(one.source.files[0] for one in found)
        return Source(found[0].source.format, pieces, None, path)
    if len(found) > 1:
        names = ", ".join(one.source.files[0].name for one in found)
        raise RecsaeError(f"{path}: {names} could all be the interactions; give one file's path")
    if not found:
        raise RecsaeError(f"{path}: no {settings.format or 'known'} log in it; expected {_KNOWN}")
    return found[0].source


def _no_rechorus(path: Path, files: Sequence[File]) -> RecsaeError:
    there = {file.name for file in files}
    missing = next((name for name in FILES if name not in there), FILES[0])
    return RecsaeError(f"{path}: no {missing}; a ReChorus folder has {', '.join(FILES)}")


def _given_split(path: Path, files: Sequence[File], settings: DataSettings) -> _Candidate | None:
    """Return three files that are called alike but for train, dev (or valid), and test."""
    groups: dict[tuple[str, str], dict[int, File]] = {}
    for file in files:
        found = _PART.fullmatch(file.name)
        if found:
            key = (found["stem"], file.name[found.end("part") :])
            groups.setdefault(key, {})[_PARTS[found["part"].lower()]] = file
    for (stem, _), parts in groups.items():
        if len(parts) < len(set(_PARTS.values())):
            continue
        three = tuple(parts[part] for part in sorted(parts))
        form = settings.format or format_of(three[0], settings)
        is_rechorus = form in ("csv", "rechorus") and tuple(file.name for file in three) == FILES
        if form in (None, "pairs", "s3rec", "sequences"):
            continue
        source = Source("rechorus" if is_rechorus else form, three, (0, 1, 2), path)
        return _Candidate(source, stem or path.resolve().name, 0)
    return None


def _as_log(path: Path, file: File, settings: DataSettings) -> _Candidate | None:
    found = format_of(file, settings)
    if found is None or settings.format not in (None, found):
        return None
    source, rank = Source(found, (file,), None, path), 1
    open_table = READERS[found].table
    if open_table is not None:
        try:
            table = open_table(file, settings)
            columns(table, settings.model_copy(update={"order": "file"}), [])
        except RecsaeError:
            return None
        rank = 1 if table.headed else 2
    if _USUAL.fullmatch(file.stem) or file.name == "u.data":
        rank -= 1
    return _Candidate(source, file.stem, rank)
