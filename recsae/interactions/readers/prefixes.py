"""RecBole's benchmark files: a row is a prefix of a user's items (item_id_list) and its target.

One sequence gives many rows, often the newest first; lists may be cut to their last items. The
sequence is put together again from the longest prefix and the targets, and every row is held
against it. R rows of all files, L cells of all lists, E events.
"""

from typing import Any, NamedTuple, final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.columns.events import refuse_filters
from recsae.interactions.columns.ids import coded_ids
from recsae.interactions.columns.lists import prefix_column
from recsae.interactions.columns.roles import Columns, columns, listed
from recsae.interactions.frame import SPLITS, TRAIN
from recsae.interactions.log import Coded, Log
from recsae.interactions.names import candidates, list_column
from recsae.interactions.readers.base import Reader, Source
from recsae.interactions.readers.recbole import RecboleReader, is_typed, typed_names
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File
from recsae.interactions.table import Column, Table, columns_of

Ints = NDArray[np.int64]
_SHOWN = 1000  # rows by which it is told whether a row has an id of its own


def _columns(table: Table, settings: DataSettings, notes: list[str]) -> Columns:
    quiet = settings.model_copy(update={"order": "file", "time_column": None})
    return columns(table, quiet, notes)


class _Rows(NamedTuple):
    """The rows of all files, in the order of the files."""

    user_R: Ints
    target_R: Ints
    part_R: Ints
    cells_L: Ints
    start_R: Ints
    """Where a row's list starts in cells_L."""
    length_R: Ints


def _refuse_other_names(tables: list[Any], names: list[str], source: Source) -> None:
    for table in tables[1:]:
        if not set(names) <= set(table.names):
            raise RecsaeError(f"{source.path}: its files name the user, item or list differently")


def _rows(target: Column, lists: Column, user: Coded, notes: list[str]) -> tuple[Coded, _Rows]:
    """Code the items of targets and lists alike."""
    texts = lists.text()
    texts = texts.cast(pa.string()) if pa.types.is_dictionary(texts.type) else texts
    trimmed = pc.utf8_trim_whitespace(texts).combine_chunks()
    empty = pc.index(pc.equal(trimmed, ""), True).as_py()
    if empty >= 0:
        lists.refuse(empty, "the items before the target")
    words = pc.utf8_split_whitespace(trimmed)
    length_R = np.asarray(pc.list_value_length(words)).astype(np.int64)
    flat = pc.list_flatten(words)
    row_L = np.repeat(np.arange(len(length_R)), length_R)
    targets = target.text()
    targets = targets.cast(pa.string()) if pa.types.is_dictionary(targets.type) else targets
    count = len(targets)

    def place(cell: int) -> str:
        return target.place(cell) if cell < count else lists.place(int(row_L[cell - count]))

    both = pa.chunked_array([*targets.chunks, flat])
    item = coded_ids(Column(target.name, both, place, target.where), notes)
    codes = item.codes.astype(np.int64)
    start_R = np.cumsum(length_R) - length_R
    rows = _Rows(
        user.codes.astype(np.int64),
        codes[:count],
        np.zeros(count, np.int64),
        codes[count:],
        start_R,
        length_R,
    )
    return item, rows


def _refuse_own_ids(rows: _Rows, user: Column) -> None:
    """Rows of one sequence under an id each would be counted once for every row."""
    count = len(rows.user_R)
    if count < 4 or len(np.unique(rows.user_R)) < count:
        return
    heads = [
        rows.cells_L[start : start + length].tolist()
        for start, length in zip(rows.start_R[:_SHOWN], rows.length_R[:_SHOWN], strict=True)
    ]
    wholes = [[*head, target] for head, target in zip(heads, rows.target_R.tolist(), strict=False)]
    pairs = zip(heads, wholes, heads[1:], wholes[1:], strict=False)
    steps = [after == whole or head == later for head, whole, after, later in pairs]
    if sum(steps) > len(steps) / 3:
        raise RecsaeError(
            f"{user.place(1)}: column {user.name!r}: rows of one sequence have an id each; expected"
            " the same id in all rows of a sequence"
        )


class _Events(NamedTuple):
    user_E: Ints
    item_E: Ints
    part_E: Ints


def _sequences(rows: _Rows, lists: Column) -> _Events:
    """Put the sequences together; of rows cut to one length, either order of the file may be it."""
    wrong = 0
    for rising in (False, True):
        place_R = _places(rows, rising=rising)
        events, bad_R = _together(rows, place_R)
        if not bad_R.size:
            return events
        wrong = max(wrong, int(bad_R[0]))
    raise RecsaeError(
        f"{lists.place(wrong)}: column {lists.name!r}: its items contradict the longer rows of its"
        " user; expected prefixes of one sequence"
    )


def _log(events: _Events, user: Coded, item: Coded) -> Log:
    return Log(
        Coded(events.user_E.astype(np.int32), user.ids),
        Coded(events.item_E.astype(np.int32), item.ids),
        time=None,
        split=events.part_E.astype(np.int8),
    )


def _places(rows: _Rows, *, rising: bool) -> Ints:
    """Return the position of each row's target in its user's sequence.

    It is the length of the list; of rows whose lists were cut to the longest length, each comes one
    after the one before it in time.
    """
    longest = rows.length_R.max()
    full = np.flatnonzero(rows.length_R == longest)
    turn = full if rising else -full
    order = full[np.lexsort((turn, rows.part_R[full], rows.user_R[full]))]
    user = rows.user_R[order]
    first = np.flatnonzero(np.diff(user, prepend=-1))
    step = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    place_R = rows.length_R.copy()
    place_R[order] += step
    return place_R


def _together(rows: _Rows, place_R: Ints) -> tuple[_Events, Ints]:
    """Write every row into its user's sequence; return also the rows that do not fit."""
    size_U = np.zeros(int(rows.user_R.max()) + 1, np.int64)
    np.maximum.at(size_U, rows.user_R, place_R + 1)
    offset_U = np.cumsum(size_U) - size_U
    item_E = np.full(int(size_U.sum()), -1, np.int64)
    part_E = np.full(len(item_E), TRAIN, np.int64)
    row_L = np.repeat(np.arange(len(rows.length_R)), rows.length_R)
    step_L = np.arange(len(row_L)) - rows.start_R[row_L]
    begin_R = offset_U[rows.user_R] + place_R - rows.length_R
    at_L, at_R = begin_R[row_L] + step_L, offset_U[rows.user_R] + place_R
    item_E[at_L] = rows.cells_L
    item_E[at_R] = rows.target_R
    for part in SPLITS:
        of_part = rows.part_R == part
        part_E[at_R[of_part]] = part
    bad_L = row_L[item_E[at_L] != rows.cells_L]
    bad_R = np.flatnonzero(item_E[at_R] != rows.target_R)
    assert (item_E >= 0).all(), "a position that no row fills"
    user_E = np.repeat(np.arange(len(size_U)), size_U)
    return _Events(user_E, item_E, part_E), np.unique(np.concatenate([bad_L, bad_R]))


@final
class PrefixReader(Reader):
    """RecBole's benchmark files, a prefix of a user's items and its target a row."""

    name = "prefixes"
    priority = 30

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell typed names with a list of items."""
        if not is_typed(typed_names(file)[0]):
            return False
        table = RecboleReader().table(file, settings)
        try:
            return prefix_column(table, _columns(table, settings, [])) is not None
        except RecsaeError:
            return list_column(table.names) is not None

    def read(self, source: Source, settings: DataSettings, notes: list[str]) -> Log:
        """Read the sequences; targets of three files are a given split, all else is training."""
        refuse_filters(source.path, settings, "rows are prefixes, not events")
        tables = [RecboleReader().table(file, settings) for file in source.files]
        found = _columns(tables[0], settings, notes)
        lists = prefix_column(tables[0], found)
        if lists is None:
            raise RecsaeError(
                f"{tables[0].top}: no column of prefixes such as item_id_list:token_seq"
            )
        if list_column(tables[0].names) is None:
            notes.append(
                f"{source.path}: {lists!r} lists the items before {found.item!r}, so rows are"
                " read as prefixes; --format recbole says otherwise"
            )
        _refuse_other_names(tables, [found.user, found.item, lists], source)
        read, sizes = columns_of(tables, [found.user, found.item, lists], [], str(source.path))
        user = coded_ids(read[found.user], notes)
        item, rows = _rows(read[found.item], read[lists], user, notes)
        parts = source.parts or (TRAIN,) * len(tables)
        rows = rows._replace(part_R=np.repeat(np.array(parts), sizes))
        _refuse_own_ids(rows, read[found.user])
        times = [] if settings.order == "file" else candidates("time", tables[0].names)
        if times:
            notes.append(f"{source.path}: the lists give the order, {listed(times)} is not read")
        log = _log(_sequences(rows, read[lists]), user, item)
        return log._replace(
            split=None if source.parts is None else log.split,
            columns={"user": found.user, "item": found.item, "prefix": lists},
            unused=tuple(name for name in found.unused if name != lists),
        )
