"""A table on the terminal, as all commands draw theirs."""

from typing import Any

from rich import box
from rich.table import Table


def plain_table(**options: Any) -> Table:
    """Return an empty table with a line under its heads and none around it; options are rich's."""
    return Table(
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        **options,
    )
