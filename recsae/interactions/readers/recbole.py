"""RecBole's atomic NAME.inter: typed names such as user_id:token, an event a line, no quotes."""

import re
from collections.abc import Sequence
from typing import final

from recsae.errors import RecsaeError
from recsae.interactions.files.layout import Layout, lines_of
from recsae.interactions.files.text import TextTable
from recsae.interactions.readers.base import TableReader
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import File

_TYPED = re.compile(r"\s*([^:]+):(token|float|token_seq|float_seq)\s*")


def typed_names(file: File) -> tuple[list[str], str]:
    """Return the names as the first line has them, with types, and what parts them."""
    line = next(iter(lines_of(file)), "")
    delimiter = max("\t,;|", key=line.count)
    return [name.strip() for name in line.split(delimiter)], delimiter


def is_typed(names: Sequence[str]) -> bool:
    """Tell whether all names carry one of RecBole's types."""
    return bool(names) and all(_TYPED.fullmatch(name) for name in names)


def typed_layout(file: File, settings: DataSettings) -> tuple[Layout, dict[str, str]]:
    """Return the layout and each column's type; raises RecsaeError if a name has no type."""
    typed, delimiter = typed_names(file)
    if not is_typed(typed):
        got = delimiter.join(typed) or "nothing"
        raise RecsaeError(f"{file}:1: expected typed names such as user_id:token, got {got[:80]}")
    types = {name.partition(":")[0]: name.partition(":")[2] for name in typed}
    shown = [line.split(delimiter) for line in lines_of(file)[1:200] if line.strip()]
    names = [name.partition(":")[0] for name in typed]
    return Layout(delimiter, False, names, True, 1, shown), types


@final
class RecboleReader(TableReader):
    """RecBole's .inter, typed names and an event a line."""

    name = "recbole"
    priority = 40

    def looks(self, file: File, settings: DataSettings) -> bool:
        """Tell the file by its line of typed names."""
        return is_typed(typed_names(file)[0])

    def table(self, file: File, settings: DataSettings) -> TextTable:
        """Open a typed table."""
        return TextTable(file, typed_layout(file, settings)[0])
