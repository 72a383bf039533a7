"""Tables without a line of names: what each column is, by its cells."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from recsae.errors import RecsaeError
from recsae.interactions.files.layout import NUMBER
from recsae.interactions.names import ROLES
from recsae.interactions.settings import DataSettings
from recsae.interactions.table import Table
from recsae.interactions.times import looks_like_time

_ASIN = re.compile(r"B[0-9A-Z]{9}|\d{9}[\dX]")
_REVIEWER = re.compile(r"A[0-9A-Z]{9,20}")
_IMPRESSIONS = re.compile(r"\S+-[01]( \S+-[01])*")
Sample = Mapping[str, Sequence[str | None]]


class _Kinds(NamedTuple):
    """The columns by what is in them."""

    time: list[str]
    rating: list[str]
    other: list[str]
    """Numbers that are no ids."""
    whole: list[str]
    """Whole numbers that are not the same in all rows."""


def roles_by_content(
    table: Table,
    sample: Sample,
    chosen: Mapping[str, str],
    settings: DataSettings,
    notes: list[str],
) -> dict[str, str]:
    """Return role → position; what was assumed is added to `notes`."""
    _refuse_known_others(table, sample)
    kinds = _kinds(sample)
    found = dict(chosen)
    free = [name for name in table.names if name not in found.values()]
    if "time" not in found and settings.order != "file":
        times = [name for name in kinds.time if name in free]
        if times and len(free) > 2 - ("user" in found) - ("item" in found):
            found["time"] = _last_of(times, sample)
    free = [name for name in free if name not in found.values()]
    ids = [name for name in free if name not in kinds.other]
    ids.sort(key=lambda name: name in kinds.time)  # stable: what looks like a time only if need be
    # The order of the file decides which of the two is the user.
    ids = sorted(ids[:2], key=table.names.index) + ids[2:]
    for role in ("user", "item"):
        if role not in found and ids:
            found[role] = ids.pop(0)
    swapped = not {"user", "item"} & {*chosen} and _is_item_first(sample, found)
    if swapped:
        found["user"], found["item"] = found["item"], found["user"]
    _refuse_long_ids(table, found, kinds, {*chosen})
    rest = [name for name in kinds.rating if name in free and name not in found.values()]
    if "rating" not in found and rest:
        found["rating"] = rest[0]
    if "time" not in found and settings.order != "file":
        found |= _doubtful_time(table, sample, found, kinds)
    _refuse_sequences(table, sample, found)
    if len(chosen) < len(found):
        _note_roles(table, found, swapped, notes)
    return found


def _kinds(sample: Sample) -> _Kinds:
    time, rating, other, whole = [], [], [], []
    for name, cells in sample.items():
        numbers = [float(c) for c in cells if c is not None and NUMBER.fullmatch(c)]
        if looks_like_time(cells):
            time.append(name)
        if not cells or len(numbers) < len(cells):
            continue
        constant = len(cells) > 1 and len({*numbers}) == 1
        if all(0 < x <= 10 and x * 2 == int(x * 2) for x in numbers):  # half stars too
            rating += [] if constant and numbers[0] == 1 else [name]  # 1 in all rows is no rating
        if any(x != int(x) for x in numbers if abs(x) < 1e18):
            other.append(name)
        elif not constant:
            whole.append(name)
    return _Kinds(time, rating, other, whole)


def _refuse_long_ids(
    table: Table, found: Mapping[str, str], kinds: _Kinds, chosen: set[str]
) -> None:
    """Refuse to guess whether ids of ten digits and then a rating are a time and then an item."""
    time, item = found.get("time"), found.get("item")
    if {"time", "item"} & chosen or time not in kinds.whole or item not in kinds.rating:
        return
    if table.names.index(str(time)) == table.names.index(str(item)) - 1:
        raise RecsaeError(
            f"{table.top}: column {time} may be the time or the item, and column {item} the item or"
            f" a rating; say --item_column {item} or --item_column {time}"
        )


def _refuse_sequences(table: Table, sample: Sample, found: Mapping[str, str]) -> None:
    """Refuse rows of items: columns beside the item's that hold the same ids, which are words."""
    if "item" not in found:
        return
    items = {cell for cell in sample[found["item"]] if cell and not NUMBER.fullmatch(cell)}
    others = [cells for name, cells in sample.items() if name not in found.values()]
    alike = [cells for cells in others if 2 * sum(cell in items for cell in cells) > len(cells)]
    if items and len(alike) > 1 and all(len({*cells}) > 1 for cells in alike):
        raise RecsaeError(
            f"{table.top}: rows list items (user item item …); of such sequences only those of"
            " whole numbers are read; write a row an event (user, item)"
        )


def _last_of(times: Sequence[str], sample: Sample) -> str:
    """Choose among columns that look like times: dates first, then the last one."""
    dates = [name for name in times if not NUMBER.fullmatch(sample[name][0] or "")]
    return (dates or times)[-1]


def _is_item_first(sample: Sample, found: Mapping[str, str]) -> bool:
    """Tell whether items come first, as in Amazon's files since 2018: by the look of the ids."""
    if not {"user", "item"} <= {*found}:
        return False
    first, second = ([str(cell) for cell in sample[found[role]]] for role in ("user", "item"))
    return (
        bool(first)
        and all(_ASIN.fullmatch(cell) for cell in first)
        and all(_REVIEWER.fullmatch(cell) for cell in second)
    )


def _doubtful_time(
    table: Table, sample: Sample, found: Mapping[str, str], kinds: _Kinds
) -> dict[str, str]:
    """Take numbers that never fall within a user for the time; refuse to guess at others."""
    free = [name for name in kinds.whole if name not in found.values()]
    if not free or not {"user", "item"} <= {*found}:
        return {}
    rising = [name for name in free if _rises(sample[found["user"]], sample[name])]
    if len(rising) == 1:
        return {"time": rising[0]}
    raise RecsaeError(
        f"{table.top}: column {free[-1]} may be the time or a count; say --time_column {free[-1]},"
        " or --order file if the order of the file counts"
    )


def _rises(users: Sequence[str | None], cells: Sequence[str | None]) -> bool:
    last: dict[str | None, float] = {}
    steps = 0
    for user, cell in zip(users, cells, strict=True):
        number = float(cell or 0)
        if user in last and number < last[user]:
            return False
        steps += user in last and number > last[user]
        last[user] = number
    return steps > 1


def _note_roles(table: Table, found: Mapping[str, str], swapped: bool, notes: list[str]) -> None:
    read = ", ".join(f"column {found[role]} is the {role}" for role in ROLES if role in found)
    rest = [name for name in table.names if name not in found.values()]
    unread = f"; {', '.join(rest[:8])}{' …' * (len(rest) > 8)} not read" if rest else ""
    why = " (its ids look like Amazon's, items first)" if swapped else ""
    notes.append(
        f"{table.file}: no line of names: {read}{why}{unread}; --user_column, --item_column and"
        " --time_column with positions from 1 say otherwise"
    )


def _refuse_known_others(table: Table, sample: Sample) -> None:
    for name, cells in sample.items():
        if cells and all(cell is not None and _IMPRESSIONS.fullmatch(cell) for cell in cells):
            raise RecsaeError(
                f"{table.top}: column {name} lists impressions (item-1 item-0), as MIND's"
                " behaviors.tsv does; write a row a click (user, item, time) first"
            )
