"""Columns that hold in each row the items before its target: such rows are no events."""

import re
from collections.abc import Sequence

from recsae.errors import RecsaeError
from recsae.interactions.columns.roles import Columns
from recsae.interactions.names import bare, list_column
from recsae.interactions.settings import DataSettings
from recsae.interactions.table import Table

_SIGNS = re.compile(r"""[\s,;|\[\]()'"]+""")
_NO_PREFIX = ("neg", "impression", "candidate", "shown", "slate")
_ROWS_AT_LEAST = 3


def prefix_column(table: Table, found: Columns) -> str | None:
    """Return the column of prefixes, by its name or by what is in it."""
    by_name = list_column(table.names)
    if by_name is not None:
        return by_name
    sample = table.sample()
    users, items = sample[found.user], sample[found.item]
    for name in found.unused:
        if not bare(name).startswith(_NO_PREFIX) and _are_prefixes(users, items, sample[name]):
            return name
    return None


def refuse_prefixes(table: Table, found: Columns, settings: DataSettings) -> None:
    """Raise RecsaeError if rows are prefixes, unless the settings name the format."""
    name = prefix_column(table, found) if settings.format is None else None
    if name is not None:
        raise RecsaeError(
            f"{table.top}: column {name!r} holds prefixes, not events: the items before"
            f" {found.item!r}; expected RecBole's typed names, such as {name}:token_seq"
        )


def _are_prefixes(
    users: Sequence[str | None], items: Sequence[str | None], cells: Sequence[str | None]
) -> bool:
    """Tell lists whose last item is mostly the target of another row of their user."""
    targets = set(zip(users, items, strict=True))
    lists = [_SIGNS.sub(" ", cell or "").split() for cell in cells]
    rows = zip(users, items, lists, strict=True)
    last = [(user, words[-1], item) for user, item, words in rows if len(words) > 1]
    # In a list of negatives the last word is rarely what the user did next.
    fit = sum(word != item and (user, word) in targets for user, word, item in last)
    return len(last) >= _ROWS_AT_LEAST and 2 * fit > len(last)
