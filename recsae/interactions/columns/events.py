"""From the raw columns of tables to a Log: what is an event, its ids, its time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.columns.conditions import Condition, conditions, fitting, numbers_of
from recsae.interactions.columns.ids import coded_ids
from recsae.interactions.columns.inline import with_inline
from recsae.interactions.columns.lists import refuse_prefixes
from recsae.interactions.columns.roles import Columns, columns, listed
from recsae.interactions.log import Log
from recsae.interactions.names import LABEL_TRUTHS
from recsae.interactions.settings import DataSettings
from recsae.interactions.table import Column, Table, columns_of
from recsae.interactions.times import Times, exact_times

_SHORTENED = r"^ *[0-9](\.[0-9]{0,7})?[eE]\+?0?9 *$"  # seconds have ten digits
_A_DATE = 315_360_000  # in 1980: larger numbers count from 1970, not from the log's start


def log_of(
    tables: Sequence[Table],
    settings: DataSettings,
    notes: list[str],
    *,
    parts: Sequence[int] | None = None,
    where: Path | None = None,
) -> Log:
    """Read tables of one form as one log, in their order.

    `parts` gives the split that each of them is. What was assumed is added to `notes`.
    """
    found = _one_reading(tables, settings, notes, where)
    refuse_prefixes(tables[0], found, settings)
    wanted = _conditions_of(found, tables[0], settings)
    names = list(dict.fromkeys([*found.roles().values(), *(one.column for one in wanted)]))
    numbers = [] if found.time is None else [found.time]
    read, sizes = columns_of(tables, names, numbers, str(where or tables[0].file))
    keep, dropped, filters = _kept(found, read, wanted, settings)
    if not keep.all():  # before ids and times: what is no event may have none
        read = {name: column.only(keep) for name, column in read.items()}
    time = _times(tables[0], found, read, settings, notes)
    user, item = (coded_ids(read[name], notes) for name in found[:2])
    split = None if parts is None else np.repeat(np.array(parts, np.int8), sizes)[keep]
    log = Log(user, item, time, split, None, dropped, filters, found.roles(), found.unused)
    return with_inline(log, tables, keep)


def _one_reading(
    tables: Sequence[Table], settings: DataSettings, notes: list[str], where: Path | None
) -> Columns:
    found = [columns(table, settings, notes if n == 0 else []) for n, table in enumerate(tables)]
    if len({one[:-1] for one in found}) > 1:
        raise RecsaeError(f"{where}: its files name the user, item or time differently")
    return found[0]


def _conditions_of(found: Columns, table: Table, settings: DataSettings) -> list[Condition]:
    if settings.min_rating is not None and found.rating is None:
        raise SettingError(
            "min_rating",
            f"{table.top}: no column of ratings among {listed(table.names)};"
            " name it with rating_column",
        )
    return [] if settings.where is None else conditions(settings.where, table.names)


def _times(
    table: Table,
    found: Columns,
    read: dict[str, Column],
    settings: DataSettings,
    notes: list[str],
) -> Times | None:
    if found.time is not None and settings.order != "file":
        times = exact_times(read[found.time])
        _note_odd_times(read[found.time], times, notes)
        return times
    if settings.order.startswith("random"):
        raise SettingError(
            "order",
            f"{table.top}: without times no event ties with another; expected file, got"
            f" {settings.order!r}",
        )
    if settings.order != "file":
        unused = f" (unused: {listed(found.unused)})" if found.unused else ""
        notes.append(
            f"{table.file}: no column of times{unused}: the order of the file counts; --order file"
            " says that this is meant, --time_column names one"
        )
    return None


def _note_odd_times(column: Column, times: Times, notes: list[str]) -> None:
    """Say that all times are the same, or that some are 0, which may stand for none."""
    mark = f"{column.where}: column {column.name!r}"
    if len(times) > 1 and times.min() == times.max():
        notes.append(f"{mark}: all times are {times[0]}, so the order of the file counts")
        return
    if pa.types.is_string(column.cells.type):
        clock = pc.sum(pc.match_substring(column.cells, ":")).as_py() or 0
        if 0 < clock < len(times):
            words = f"{len(times) - clock:,} of {len(times):,} times have no hour, so are midnight"
            notes.append(f"{mark}: {words}")
        short = pc.index(pc.match_substring_regex(column.cells, _SHORTENED), True).as_py()
        if short >= 0:
            notes.append(f"{mark}: times such as {column.cells[short]} are rounded: many may tie")
    zeros = int((times <= 0).sum())
    if zeros and times.max() > _A_DATE:
        words = f"{zeros:,} of {len(times):,} times are 0 or less; their events come first"
        notes.append(f"{mark}: {words}")


def _kept(
    found: Columns,
    read: dict[str, Column],
    wanted: Sequence[Condition],
    settings: DataSettings,
) -> tuple[NDArray[np.bool_], dict[str, int], tuple[str, ...]]:
    """Mark the events that are ones and that the filters let pass; count the others."""
    tests: list[tuple[str, NDArray[np.bool_]]] = []
    filters = []
    if found.label is not None and found.label not in {one.column for one in wanted}:
        label = numbers_of(read[found.label], "a number, 0 if it is no event", LABEL_TRUTHS)
        _refuse_gap(read[found.label], label, "a number, 0 if it is no event")
        least = np.unique(label[label <= 0])
        sign = "<= 0" if len(least) > 1 or (least < 0).any() else "0"
        tests.append((f"{found.label} {sign}", label > 0))
    if settings.min_rating is not None:
        assert found.rating is not None, "_conditions_of has checked it"
        rating = numbers_of(read[found.rating], "a number")
        _refuse_gap(read[found.rating], rating, "a number")
        tests.append((f"{found.rating} < {settings.min_rating:g}", rating >= settings.min_rating))
        filters.append(f"{found.rating} >= {settings.min_rating:g}")
    for one in wanted:
        tests.append((one.opposite, fitting(one, read[one.column])))
        filters.append(one.words)
    keep = np.ones(len(read[found.user].cells), bool)
    dropped: dict[str, int] = {}
    for why, fits in tests:
        count = int((keep & ~fits).sum())
        keep &= fits
        dropped |= {why: count} if count else {}
    return keep, dropped, tuple(filters)


def _refuse_gap(column: Column, numbers: NDArray[np.float64], expected: str) -> None:
    gaps = np.flatnonzero(np.isnan(numbers))
    if gaps.size:
        column.refuse(int(gaps[0]), expected)


def refuse_filters(where: object, settings: DataSettings, why: str) -> None:
    """Raise SettingError if the settings ask for what a form without rows of events cannot give."""
    for key in ("min_rating", "where", "rating_column", "time_column"):
        if getattr(settings, key) is not None:
            raise SettingError(key, f"{where}: {why}; leave it out")
    if settings.order.startswith("random"):
        raise SettingError("order", f"{where}: without times no event ties with another")
