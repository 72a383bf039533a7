"""Item attributes in files beside a log; a note names a broken file, which is left out."""

import io
import re
from collections.abc import Callable

import pandas as pd
import pyarrow as pa

from recsae.errors import RecsaeError
from recsae.interactions.attributes import ItemAttributes
from recsae.interactions.items.attribute_files import (
    catalogue,
    item_meta,
    movielens,
    recbole_items,
    s3rec_items,
)
from recsae.interactions.log import Log
from recsae.interactions.readers.base import Source
from recsae.interactions.source_files import File, beside

_SPLIT_PART = re.compile(r"[._-](train|training|dev|valid|val|validation|test)$", re.I)
_ODD = (RecsaeError, OSError, ValueError, KeyError, IndexError, RecursionError, pa.ArrowException)
_CATALOGUE = re.compile(
    r"(movies?|items?|item_?(meta|info|features)|books?|artists?|products?|articles?|games?|tracks?"
    r"|songs?|videos?|business(es)?|.*_business|news|meta_.+|.+_meta|anime|recipes?|courses?)"
    r"\.(csv|tsv|txt|dat|json|jsonl|parquet)",
    re.I,
)
_Kind = tuple[Callable[[File, Source], bool], Callable[[File, Source, Log], ItemAttributes | None]]


def item_attributes(source: Source, log: Log, notes: list[str]) -> ItemAttributes | None:
    """Return what a file beside the log holds on its items; the first kind that is there counts."""
    files = [file for file in beside(source.files[0]) if file.name not in _names(source)]
    for fits, read in _KINDS:
        for file in files:
            if not fits(file, source):
                continue
            try:
                found = read(_in_utf8(file), source, log)
            except _ODD as error:
                reason = str(error).partition("\n")[0] or type(error).__name__
                mark = f"{file}:"
                words = reason if reason.startswith(mark) else f"{mark} {reason}"
                notes.append(f"{words}; the items are read without it")
                continue
            if found is not None and _of_these_items(found, log):
                return found
    return None


def _names(source: Source) -> set[str]:
    return {file.name for file in source.files}


def _of_these_items(attributes: ItemAttributes, log: Log) -> bool:
    known = pd.Index(log.item.ids.astype(str))
    return bool(known.isin(pd.unique(attributes.values["item"])).any())


def _in_utf8(file: File) -> File:
    """Read what is no UTF-8 as Western European text, as older MovieLens files are."""
    try:
        str(file.buffer, "utf-8")
    except UnicodeDecodeError:
        data = str(file.buffer, "cp1252", "replace").encode()
        return File(file.path, file.member, lambda: io.BytesIO(data))
    return file


def _is_recbole(file: File, source: Source) -> bool:
    stem = _SPLIT_PART.sub("", source.files[0].stem)
    return source.format in ("recbole", "prefixes") and file.name == f"{stem}.item"


def _is_s3rec(file: File, source: Source) -> bool:
    if not file.name.endswith("item2attributes.json"):
        return False
    named = f"{source.files[0].stem}_item2attributes.json"
    others = [one for one in beside(source.files[0]) if one.name.endswith("item2attributes.json")]
    return file.name == named or (len(others) == 1)


_KINDS: tuple[_Kind, ...] = (
    (_is_recbole, lambda file, source, log: recbole_items(file, log.columns["item"])),
    (
        lambda file, source: source.format == "rechorus" and file.name == "item_meta.csv",
        lambda file, source, log: item_meta(file),
    ),
    (_is_s3rec, lambda file, source, log: s3rec_items(file)),
    (
        lambda file, source: file.name in ("movies.dat", "u.item"),
        lambda file, source, log: movielens(file),
    ),
    (
        lambda file, source: _CATALOGUE.fullmatch(file.name) is not None,
        lambda file, source, log: catalogue(file, log.columns.get("item")),
    ),
)
