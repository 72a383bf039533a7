"""What files of items hold, a function a kind: attributes by the item's id as text."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recsae.errors import RecsaeError
from recsae.interactions.attributes import (
    CANONICAL,
    TAGS_AT_MOST,
    TITLE,
    ItemAttributes,
    long,
    plain_name,
)
from recsae.interactions.files.jsonlines import JsonTable
from recsae.interactions.files.layout import layout_of
from recsae.interactions.files.text import TextTable
from recsae.interactions.names import bare, candidates
from recsae.interactions.readers.delimited import DelimitedReader
from recsae.interactions.readers.jsonl import JsonReader
from recsae.interactions.readers.parquet import ParquetReader
from recsae.interactions.readers.recbole import typed_layout
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File
from recsae.interactions.table import TEXT, Table

_MANY = ("genre", "category")  # attributes of which an item may have several
_NO_VALUE = frozenset(("", "(no genres listed)", "nan", "None", "null", r"\N"))
_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance"),
    *("Sci-Fi", "Thriller", "War", "Western"),
)
_SETTINGS = DataSettings()


def recbole_items(file: File, id_name: str) -> ItemAttributes | None:
    """Read NAME.item: each column is an attribute, a token_seq `a b` has two values."""
    layout, types = typed_layout(file, _SETTINGS)
    table = TextTable(file, layout)
    _require(table, id_name)
    several = [
        name
        for name, kind in types.items()
        if kind.endswith("_seq") and plain_name(name) not in (TITLE, "artist", "author")
    ]
    groups = [name for name, kind in types.items() if kind.startswith("token")]
    others = [name for name in table.names if name != id_name]
    return _of_columns(table, id_name, others, several, groups)


def item_meta(file: File) -> ItemAttributes | None:
    """Read ReChorus' item_meta.csv: its columns i_…, such as i_category."""
    table = DelimitedReader().table(file, _SETTINGS)
    _require(table, "item_id")
    names = [name for name in table.names if name.startswith("i_")]
    return _of_columns(table, "item_id", names, (), names)


def s3rec_items(file: File) -> ItemAttributes:
    """Read the JSON {item: [attribute, …]} of S3Rec."""
    try:
        known = json.loads(str(file.buffer, "utf-8"))
    except json.JSONDecodeError as error:
        raise RecsaeError(f"{file}:{error.lineno}: not JSON: {error.msg}") from None
    if not isinstance(known, dict):
        raise RecsaeError(f"{file}: expected {{item: [attribute, …]}}, got {type(known).__name__}")
    for item, attributes in known.items():
        if not isinstance(attributes, list):
            raise RecsaeError(f"{file}: item {item!r}: expected a list, got {attributes!r}")
    counts = [len(attributes) for attributes in known.values()]
    values = [str(value) for attributes in known.values() for value in attributes]
    items = np.repeat(np.array([*known], dtype=object), counts)
    return ItemAttributes(long(items, "attribute", values), {"attribute": "attribute"})


def movielens(file: File) -> ItemAttributes | None:
    """Read MovieLens' movies.dat and u.item, which have no line of names."""
    layout = layout_of(file, _SETTINGS, headed=False)
    if layout is None:
        raise RecsaeError(f"{file}: expected an item, its title and its genres a line")
    rows = [row for _, row in TextTable(file, layout._replace(quoted=False)).rows()]
    width = len(layout.names)
    triples = []
    for row in rows:
        if len(row) != width or width < 3:
            raise RecsaeError(f"{file}: expected {max(width, 3)} columns, got {len(row)}")
        triples.append(("title", row[0], row[1]))
        if width == 3:
            triples.append(("genre", row[0], row[2]))
        else:
            flags = zip(_GENRES, row[-len(_GENRES) :], strict=True)
            triples += [("genre", row[0], genre) for genre, flag in flags if flag == "1"]
    return _of_triples(triples)


def catalogue(file: File, id_name: str | None) -> ItemAttributes | None:
    """Read a table of items with names: titles, genres and so on, and what has few values."""
    if JsonReader().looks(file, _SETTINGS):
        return _of_objects(JsonTable(file), id_name)
    parquet = ParquetReader()
    reader = parquet if parquet.looks(file, _SETTINGS) else DelimitedReader()
    opened = reader.table(file, _SETTINGS)
    item = _id_column(opened.names, id_name) if opened.headed else None
    if item is None or candidates("user", opened.names):
        return None
    others = [name for name in opened.names if name != item]
    read = opened.read([item, *others])
    columns = {name: _texts(cells) for name, cells in read.items()}
    cells = ((name, columns[item], columns[name]) for name in others)
    return _of_triples(
        (plain_name(name), str(i), str(value))
        for name, items, values in cells
        for i, value in zip(items, values, strict=True)
        if value is not None
    )


def _texts(cells: Any) -> list[Any]:
    kind = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return [None] * len(cells)
    return list(cells.cast(kind).cast(TEXT).to_pylist())


def _of_objects(table: JsonTable, id_name: str | None) -> ItemAttributes | None:
    item = _id_column(table.names, id_name)
    if item is None or candidates("user", table.names):
        return None
    return _of_triples(_object_triples(table, item))


def _object_triples(table: JsonTable, item: str) -> Iterator[tuple[str, str, str]]:
    for row in table.objects():
        if row.get(item) is None:
            continue
        for name, value in row.items():
            if name != item:
                for one in _flat(value):
                    yield plain_name(name), str(row[item]), one


def _flat(value: Any) -> Iterator[str]:
    """Yield the texts and numbers of a value, also those in lists of lists."""
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield str(value)


def _id_column(names: Sequence[str], id_name: str | None) -> str | None:
    if id_name in names:
        return id_name
    alike = [name for name in names if bare(name) == bare(id_name or "")]
    plain = [name for name in names if bare(name) == "id"]
    return next(iter([*alike, *candidates("item", names), *plain]), None)


def _of_triples(triples: Iterable[tuple[str, str, str]]) -> ItemAttributes | None:
    """Make one table of (attribute, item, value); what neither is known nor groups items is not."""
    table = pd.DataFrame(triples, columns=["attribute", "item", "value"], dtype="str")
    table["item"] = table["item"].str.strip().str.replace(r"^(\d+)\.0+$", r"\1", regex=True)
    several = table["attribute"].isin(_MANY)
    table.loc[several, "value"] = table.loc[several, "value"].str.replace(", ", "|").str.strip("|")
    table["value"] = [
        value.split("|") if many else [value]
        for value, many in zip(table["value"], several, strict=True)
    ]
    table = table.explode("value", ignore_index=True)
    table["value"] = table["value"].str.strip()
    table = _with_years(table[~table["value"].isin(_NO_VALUE)])
    counts = table.groupby("attribute")["value"].nunique()
    few = [str(name) for name in counts.index[counts <= TAGS_AT_MOST] if name != TITLE]
    kept = table[table["attribute"].isin({*few, *CANONICAL})]
    groups = {name: name for name in few}
    values = kept[["item", "attribute", "value"]].astype("str")
    return None if kept.empty else ItemAttributes(values, groups)


def _with_years(table: pd.DataFrame) -> pd.DataFrame:
    """Part `Toy Story (1995)` into a title and a year, unless years are there."""
    if (table["attribute"] == "year").any():
        return table
    titles = table["attribute"] == TITLE
    parted = table.loc[titles, "value"].str.extract(r"^(.*\S)\s*\((\d{4})\)$").dropna()
    years = table.loc[parted.index].assign(attribute="year", value=parted[1])
    table.loc[parted.index, "value"] = parted[0]
    return pd.concat([table, years], ignore_index=True)


def _require(table: Table, name: str) -> None:
    if name not in table.names:
        raise RecsaeError(f"{table.top}: no column {name!r} among {', '.join(table.names)}")


def _of_columns(
    table: Table, id_name: str, names: Sequence[str], several: Sequence[str], groups: Sequence[str]
) -> ItemAttributes | None:
    """Take columns as attributes; those in `groups` with few values make tags."""
    read = table.read([id_name, *names])
    items = pc.utf8_trim_whitespace(read[id_name].cast(TEXT)).to_numpy()
    values, tag_names, taken = [], {}, set()
    for name in names:
        known = plain_name(name) if plain_name(name) not in taken else name
        taken.add(known)
        texts = read[name].cast(TEXT).combine_chunks()
        rows, words = _pairs(texts, name in several)
        values.append(long(items[rows], known, words))
        if name in groups and known != TITLE and 0 < len(pd.unique(words)) <= TAGS_AT_MOST:
            tag_names[known] = name
    return ItemAttributes(pd.concat(values), tag_names) if values else None


def _pairs(texts: pa.Array, several: bool) -> tuple[Any, Any]:
    """Return the rows and the values of a column, parted by spaces if there are several."""
    words = pc.split_pattern(texts, " " if several else "\n")
    rows_P, words_P = pc.list_parent_indices(words), pc.list_flatten(words)
    there = pc.not_equal(words_P, "")
    return rows_P.filter(there).to_numpy(), words_P.filter(there).to_numpy(zero_copy_only=False)
