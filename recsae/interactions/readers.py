"""A function a format: a path and settings in, a Log out; errors name file, line and column."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from recsae.errors import RecsaeError
from recsae.interactions.columns import Columns, columns
from recsae.interactions.formats import RECHORUS_FILES
from recsae.interactions.log import Log, coded
from recsae.interactions.parquet import parquet_names, read_parquet
from recsae.interactions.s3rec import read_s3rec
from recsae.interactions.settings import DataSettings, Format
from recsae.interactions.tables import TextTable, read_text, text_table, typed_table
from recsae.interactions.tags import recbole_tags, rechorus_tags


def read_csv(path: Path, settings: DataSettings) -> Log:
    """Read a CSV file: a line of names, then an event a line."""
    table = text_table(path)
    found = columns(table.names, settings, f"{path}:1")
    return _log(read_text(table, found[:2], found.numbers), found)


def read_parquet_file(path: Path, settings: DataSettings) -> Log:
    """Read a parquet file, an event a row."""
    found = columns(parquet_names(path), settings, str(path))
    return _log(read_parquet(path, found[:2], found.numbers), found)


def read_recbole(path: Path, settings: DataSettings) -> Log:
    """Read RecBole's atomic NAME.inter, with the tags of NAME.item if it lies beside it."""
    table = typed_table(path)
    found = columns(table.names, settings, f"{path}:1")
    log = _log(read_text(table, found[:2], found.numbers), found)
    about = path.with_suffix(".item")
    if not about.is_file():
        return log
    return log._replace(about=recbole_tags(about, found.item))


def read_rechorus(folder: Path, settings: DataSettings) -> Log:
    """Read ReChorus' train.csv, dev.csv and test.csv, in this order, and keep that split."""
    tables = [_split_table(folder / name) for name in RECHORUS_FILES]
    found = [columns(table.names, settings, f"{table.path}:1") for table in tables]
    if len(set(found)) > 1:
        raise RecsaeError(f"{folder}: its three files name the user, item or time differently")
    parts = [read_text(table, found[0][:2], found[0].numbers) for table in tables]
    split = np.repeat(np.arange(len(parts), dtype=np.int8), [len(part) for part in parts])
    log = _log(pa.concat_tables(parts), found[0])._replace(split=split)
    about = folder / "item_meta.csv"
    return log._replace(about=rechorus_tags(about)) if about.is_file() else log


READERS: dict[Format, Callable[[Path, DataSettings], Log]] = {
    "csv": read_csv,
    "parquet": read_parquet_file,
    "recbole": read_recbole,
    "rechorus": read_rechorus,
    "s3rec": read_s3rec,
}


def _split_table(path: Path) -> TextTable:
    if not path.is_file():
        files = ", ".join(RECHORUS_FILES)
        raise RecsaeError(f"{path.parent}: no {path.name}; a ReChorus folder has {files}")
    return text_table(path)


def _log(table: pa.Table, found: Columns) -> Log:
    time = None if found.time is None else table[found.time].to_numpy()
    return Log(coded(table[found.user]), coded(table[found.item]), time)
