"""Which columns of a table are the user, the item and the time."""

from collections.abc import Sequence
from typing import NamedTuple

from recsae.errors import RecsaeError, nearest
from recsae.interactions.settings import DataSettings

_USUAL = {
    "user": ("user", "user_id"),
    "item": ("item", "item_id"),
    "time": ("timestamp", "time"),
}


class Columns(NamedTuple):
    """Names of the columns as the file has them; no time if the file has none."""

    user: str
    item: str
    time: str | None

    @property
    def numbers(self) -> list[str]:
        """The columns that hold numbers."""
        return [] if self.time is None else [self.time]


def columns(names: Sequence[str], settings: DataSettings, where: str) -> Columns:
    """Find the columns by the settings or by their usual names.

    Raises RecsaeError, which starts with `where`, when one is missing or two would do.
    """
    user = _column("user", settings.user_column, names, where)
    item = _column("item", settings.item_column, names, where)
    if user is None or item is None:
        role = "user" if user is None else "item"
        usual = " or ".join(_USUAL[role])
        raise RecsaeError(
            f"{where}: no column {usual} among {_listed(names)}; name it with {role}_column"
        )
    if user == item:
        raise RecsaeError(f"{where}: column {user!r} is both user_column and item_column")
    return Columns(user, item, _column("time", settings.time_column, names, where))


def _column(role: str, wanted: str | None, names: Sequence[str], where: str) -> str | None:
    if wanted is not None and wanted not in names:
        hint = nearest(wanted, names) or f" among {_listed(names)}"
        raise RecsaeError(f"{where}: no column {wanted!r}{hint} ({role}_column)")
    found = [name for name in names if name in ((wanted,) if wanted else _USUAL[role])]
    if len(found) > 1:
        raise RecsaeError(
            f"{where}: {' and '.join(found)} could both be the {role}; name one with {role}_column"
            if len(set(found)) > 1
            else f"{where}: two columns are called {found[0]!r}"
        )
    return found[0] if found else None


def _listed(names: Sequence[str]) -> str:
    return ", ".join([repr(name) for name in names[:8]] + ["…"] * (len(names) > 8)) or "none"
