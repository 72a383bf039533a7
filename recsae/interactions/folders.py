"""Which log a path means: one file, or the one of a folder or an archive that is a log."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from recsae.errors import RecsaeError
from recsae.interactions.columns.roles import columns
from recsae.interactions.readers.base import Source
from recsae.interactions.readers.rechorus import FILES
from recsae.interactions.readers.registry import readers
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File, files_at, one_file

_KNOWN = (
    "a table (CSV, TSV, parquet, JSON lines) with a user and an item a row, a RecBole .inter, a"
    " ReChorus folder (train.csv, dev.csv, test.csv), or text of numbers (user item item …)"
)
_PART = re.compile(
    r"(?P<stem>.*?)[._-]?(?P<part>train|training|dev|valid|val|validation|test|testing)"
    r"([._-]?(data|set|split)|-0+-of-0*1)?(\.\w+)+",
    re.I,
)
_WORDS = (("train", "training"), ("dev", "valid", "val", "validation"), ("test", "testing"))
_PARTS = {word: part for part, words in enumerate(_WORDS) for word in words}
_USUAL = re.compile(
    r"ratings?|interactions?|events?|clicks?|logs?|views?|purchases?|transactions?|checkins?"
    r"|.*_?totalcheckins|user_artists|.*reviews.*|yoochoose-clicks|train-item-views",
    re.I,
)
_NETFLIX = re.compile(rb"\d+:\s*\n\d+,")
_DIGITS = re.compile(r"(\d+)")
_MATRIX_MARKET = b"%%MatrixMarket"


class _Candidate(NamedTuple):
    """What could be the log, and how sure its name and its content make that."""

    source: Source
    name: str
    rank: int
    """0: the name is a log's, 1: the columns are named as a log's, 2: neither."""


def find_log(path: Path, settings: DataSettings, notes: list[str]) -> Source:
    """Return the log that a path means; raises RecsaeError if there is none, or more than one."""
    files = files_at(path)
    if files is not None and (path.is_dir() or len(files) > 1):
        return _among(path, files, settings, notes)
    if settings.format == "rechorus":
        raise RecsaeError(f"{path}: a ReChorus data set is a folder, this is a file")
    file = files[0] if files else one_file(path)
    _refuse_known_others(path, file)
    found = settings.format or format_of(file, settings)
    if found is None:
        reason = "empty" if not file.head.strip() else "format not recognised"
        raise RecsaeError(f"{path}: {reason}; expected {_KNOWN} (or name the format)")
    return Source(found, (file,), None, path)


def _refuse_known_others(path: Path, file: File) -> None:
    if _NETFLIX.match(file.head):
        raise RecsaeError(
            f"{path}: an item's own line (1:) before its users' rows, as in Netflix' data;"
            " write rows of user, item, rating, date first"
        )
    if file.head.startswith(_MATRIX_MARKET):
        raise RecsaeError(f"{path}: a Matrix Market file, which has no order; write rows of events")


def format_of(file: File, settings: DataSettings) -> str | None:
    """Return the first format that a file's content fits, or None."""
    return next((name for name, reader in readers().items() if reader.looks(file, settings)), None)


def _among(path: Path, files: Sequence[File], settings: DataSettings, notes: list[str]) -> Source:
    split = _given_split(path, files, settings)
    if settings.format == "rechorus":
        if split is None or split.source.format != "rechorus":
            raise _no_rechorus(path, files)
        return split.source
    in_split = () if split is None else split.source.files
    broken: list[RecsaeError] = []
    others = (_as_log(path, file, settings, broken) for file in files if file not in in_split)
    logs = [one for one in others if one is not None] + ([] if split is None else [split])
    found = [one for one in logs if one.rank == min(other.rank for other in logs)]
    if len(found) > 1:
        name = path.resolve().name.partition(".")[0] if path.is_file() else path.resolve().name
        # beauty/ holds beauty.txt beside other tables.
        found = [one for one in found if one.name == name] or found
    if not found:
        raise broken[0] if broken else _no_log(path, settings)
    notes += [f"{error}; left out" for error in broken]
    pieces = [one for one in logs if _is_piece_like(one, found[0])]
    if any(one not in pieces for one in found):
        names = ", ".join(one.source.files[0].name for one in found)
        raise RecsaeError(f"{path}: {names} could all be the interactions; give one file's path")
    return found[0].source if len(pieces) == 1 else _joined(path, pieces, notes)


def _is_piece_like(one: _Candidate, other: _Candidate) -> bool:
    """Tell files whose names differ in their numbers alone, such as part-0 and part-1."""
    first, second = one.source.files[0].name, other.source.files[0].name
    return one is other or (
        one.source.parts is None
        and other.source.parts is None
        and _DIGITS.sub("", first) == _DIGITS.sub("", second)
    )


def _joined(path: Path, pieces: Sequence[_Candidate], notes: list[str]) -> Source:
    """Make one log of numbered files, in the order of their numbers."""
    files = [one.source.files[0] for one in pieces]
    if len({(one.source.format, one.rank) for one in pieces}) > 1:
        names = ", ".join(file.name for file in files[:8])
        raise RecsaeError(f"{path}: {names} are not of one form; give one file's path")
    files.sort(key=lambda file: [int(part) for part in _DIGITS.findall(file.name)])
    notes.append(f"{path}: {len(files)} files, {files[0].name} … {files[-1].name}, are one log")
    return Source(pieces[0].source.format, tuple(files), None, path)


def _no_log(path: Path, settings: DataSettings) -> RecsaeError:
    folders = sorted(one.name for one in path.iterdir() if one.is_dir()) if path.is_dir() else []
    hint = f" (folders in it, such as {folders[0]}, are not searched)" if folders else ""
    return RecsaeError(
        f"{path}: no {settings.format or 'known'} log in it{hint}; expected {_KNOWN}"
    )


def _no_rechorus(path: Path, files: Sequence[File]) -> RecsaeError:
    there = {file.name for file in files}
    missing = next((name for name in FILES if name not in there), FILES[0])
    return RecsaeError(f"{path}: no {missing}; a ReChorus folder has {', '.join(FILES)}")


def _given_split(path: Path, files: Sequence[File], settings: DataSettings) -> _Candidate | None:
    """Return three files that are called alike but for train, dev (or valid), and test."""
    groups: dict[tuple[str, str], dict[int, list[File]]] = {}
    for file in files:
        found = _PART.fullmatch(file.name)
        if found:
            parts = groups.setdefault((found["stem"], file.name[found.end("part") :]), {})
            parts.setdefault(_PARTS[found["part"].lower()], []).append(file)
    splits = []
    for (stem, _), parts in groups.items():
        if len(parts) < len(set(_PARTS.values())):
            continue
        three = tuple(parts[part][0] for part in sorted(parts))
        form = settings.format or format_of(three[0], settings)
        is_rechorus = form in ("csv", "rechorus") and tuple(file.name for file in three) == FILES
        if form is None or not readers()[form].splits:
            continue
        twice = next((files for files in parts.values() if len(files) > 1), [])
        if twice:
            names = " and ".join(file.name for file in twice)
            raise RecsaeError(f"{path}: {names} are the same part of a split; give one file's path")
        source = Source("rechorus" if is_rechorus else form, three, (0, 1, 2), path)
        splits.append(_Candidate(source, stem or path.resolve().name, 0))
    if len(splits) > 1:
        names = ", ".join(one.source.files[0].name for one in splits)
        raise RecsaeError(f"{path}: {names} each begin a split; give one file's path")
    return splits[0] if splits else None


def _as_log(
    path: Path, file: File, settings: DataSettings, broken: list[RecsaeError]
) -> _Candidate | None:
    try:
        found = format_of(file, settings)
    except RecsaeError as error:
        broken.append(error)
        return None
    if found is None or settings.format not in (None, found):
        return None
    source, rank = Source(found, (file,), None, path), 1
    try:
        table = readers()[found].table(file, settings)
        if table is not None:
            # With order file no time is looked for: a doubtful one must not hide a log.
            columns(table, settings.model_copy(update={"order": "file"}), [])
            rank = 1 if table.headed else 2
    except RecsaeError:
        return None
    if _USUAL.fullmatch(file.stem) or file.name == "u.data":
        rank -= 1
    return _Candidate(source, file.stem, rank)
