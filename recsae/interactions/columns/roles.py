"""Which columns of a table are the user, the item, the time, the rating and the label."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from recsae.errors import RecsaeError, nearest
from recsae.interactions.columns.headerless import roles_by_content
from recsae.interactions.files.layout import NUMBER
from recsae.interactions.names import (
    DOUBTFUL,
    LABEL,
    LABEL_TRUTHS,
    MAYBE_LABELS,
    ROLES,
    are_the_same,
    bare,
    candidates,
)
from recsae.interactions.settings import DataSettings
from recsae.interactions.table import Table
from recsae.interactions.times import looks_like_time

_NO_EVENT_TIME = ("release", "birth", "publish", "signup", "regist", "join", "expir", "launch")
_SHOWN = 40  # letters of a name in a message
_GAPS = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None", r"\N")
Sample = Mapping[str, Sequence[str | None]]


class Columns(NamedTuple):
    """Names of the columns as the file has them; None where the file has none."""

    user: str
    item: str
    time: str | None = None
    rating: str | None = None
    label: str | None = None
    unused: tuple[str, ...] = ()

    def roles(self) -> dict[str, str]:
        """Return role → column for those that are there."""
        found = zip(self._fields[:-1], self[:-1], strict=True)
        return {role: str(name) for role, name in found if name is not None}


def columns(table: Table, settings: DataSettings, notes: list[str]) -> Columns:
    """Find the columns by the settings, by their names, or by what is in them.

    `notes` gets what is not certain. Raises RecsaeError when the user or the item is missing, or
    when a column that looks like the time would be neglected.
    """
    chosen = _chosen(table, settings)
    sample = table.sample()
    if table.headed:
        found = _by_name(table, sample, chosen, settings, notes)
    else:
        found = roles_by_content(table, sample, chosen, settings, notes)
    for role in ("user", "item"):
        if role not in found:
            taken = next(iter(candidates(role, table.names)), None)
            found |= {} if taken is None else {role: taken}
        if role not in found:
            raise _missing(table, role)
    role_of: dict[str, str] = {}
    for role in [role for role in ROLES if role in found]:
        name = found[role]
        if name in role_of:
            reason = f"is both {role_of[name]}_column and {role}_column"
            raise RecsaeError(f"{table.top}: column {name!r} {reason}")
        role_of[name] = role
        if table.names.count(name) > 1:
            raise RecsaeError(f"{table.top}: two columns are called {name!r}")
    unused = tuple(name for name in table.names if name and name not in found.values())
    return Columns(**found, unused=unused)


def _positions(table: Table) -> list[str]:
    return [str(place + 1) for place in range(len(table.names))]


def _chosen(table: Table, settings: DataSettings) -> dict[str, str]:
    """Return role → column as the settings name them."""
    found = {}
    for role in ("user", "item", "time", "rating"):
        key = f"{role}_column"
        wanted = getattr(settings, key)
        if wanted is not None and wanted in _positions(table):
            wanted = wanted if wanted in table.names else table.names[int(wanted) - 1]
        if wanted is not None and wanted not in table.names:
            # difflib compares letters as they are: "USER_ID" is unlike "user_id" to it.
            alike = {name.lower(): name for name in table.names}.get(wanted.lower(), wanted)
            hint = nearest(alike, table.names) or f" among {listed(table.names)}"
            raise RecsaeError(f"{table.top}: no column {wanted!r}{hint} ({key})")
        if wanted is not None:
            found[role] = wanted
    return found


def _by_name(
    table: Table, sample: Sample, chosen: dict[str, str], settings: DataSettings, notes: list[str]
) -> dict[str, str]:
    found = dict(chosen)
    for role in ROLES:
        if role in found or (role == "time" and settings.order == "file"):
            continue
        names = [name for name in candidates(role, table.names) if name not in found.values()]
        names = [name for name in names if name not in table.nested] or names
        if role == LABEL:
            names = _labels(table, names, sample, notes)
        if role in ("user", "item"):  # stable: a column with gaps only where there is no other
            names.sort(key=lambda name: _has_gaps(sample.get(name, ())))
        if names:
            found[role] = names[0]
            _note_choice(table, role, names, notes)
    if "time" not in found and settings.order != "file":
        time = _time_by_content(table, sample, found, notes)
        found |= {} if time is None else {"time": time}
    return found


def _note_choice(table: Table, role: str, names: Sequence[str], notes: list[str]) -> None:
    others = [name for name in names[1:] if name != names[0]]
    if not others and role == "time" and bare(names[0]) in DOUBTFUL:
        notes.append(
            f"{table.file}: {names[0]!r} is read as the time; --order file takes the order of the"
            " file instead"
        )
    if not others or are_the_same(names):
        return
    settles = "--where" if role == LABEL else f"--{role}_column {others[0]}"
    notes.append(
        f"{table.file}: {names[0]!r} is read as the {role}, not {listed(others)}; {settles} says"
        " otherwise"
    )


def _labels(table: Table, names: Sequence[str], sample: Sample, notes: list[str]) -> list[str]:
    """Return the labels of events; one in words, such as a category's, gets a note and is none."""
    labels = [name for name in names if _any(_is_truth, sample.get(name, ()))]
    words = [name for name in names if name not in labels]
    if words:
        notes.append(
            f"{table.file}: {words[0]!r} is in words, so it leaves no row out; --where may"
        )
    for name in table.names:
        if bare(name) in MAYBE_LABELS and _all_zero_or_one(sample.get(name, ())):
            notes.append(
                f"{table.file}: rows with {name!r} 0 are events too; --where '{name} > 0' leaves"
                " them out"
            )
    return labels


def _any(test: Callable[[str], bool], cells: Sequence[str | None]) -> bool:
    return not cells or any(test(cell) for cell in cells if cell is not None)


def _is_truth(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell)) or cell.lower() in LABEL_TRUTHS


def _all_zero_or_one(cells: Sequence[str | None]) -> bool:
    return bool(cells) and {*cells} <= {"0", "1", "0.0", "1.0", "True", "False", "true", "false"}


def _has_gaps(cells: Sequence[str | None]) -> bool:
    return any(cell is None or cell in _GAPS for cell in cells)


def _time_by_content(
    table: Table, sample: Sample, found: Mapping[str, str], notes: list[str]
) -> str | None:
    """Return a column whose cells are times, whatever it is called."""
    free = [name for name in table.names if name and name not in found.values()]
    like = [name for name in free if looks_like_time(sample.get(name, ()))]
    if not like:
        return None
    certain = [name for name in like if not any(word in bare(name) for word in _NO_EVENT_TIME)]
    if len(certain) == 1:
        others = [name for name in like if name != certain[0]]
        also = f" ({listed(others)} too, but is not read)" if others else ""
        notes.append(
            f"{table.file}: {certain[0]!r} looks like the time and is read as it{also};"
            " --time_column names another, --order file takes the order of the file"
        )
        return certain[0]
    raise RecsaeError(
        f"{table.top}: {listed(like)} may be the time; name it with --time_column, or say --order"
        " file if the order of the file counts"
    )


def _missing(table: Table, role: str) -> RecsaeError:
    usual = ROLES[role]
    likely = next((name for name in table.names if nearest(bare(name), usual[:12])), None)
    hint = f" ({likely!r}?)" if likely else ""
    what = f"{role} or {role}_id" if table.headed else f"for the {role}"
    return RecsaeError(
        f"{table.top}: no column {what} among {listed(table.names)}; name it with"
        f" {role}_column{hint}"
    )


def listed(names: Sequence[str]) -> str:
    """Return names for a message; not all of many."""
    shown = [repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…") for name in names[:8]]
    return ", ".join(shown + ["…"] * (len(names) > 8)) or "none"
