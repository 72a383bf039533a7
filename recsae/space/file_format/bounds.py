"""How large a YAML file may be, also with all that its aliases stand for; counted unbuilt.

A few lines of aliases of aliases stand for more values than any memory holds.
"""

from typing import Any, Final

import yaml

from recsae.errors import RecsaeError

MOST_BYTES: Final = 500_000
MOST_VALUES: Final = 20_000
MOST_LEVELS: Final = 40
"""Deeper than any file of recsae."""


class TooLargeError(RecsaeError):
    """A YAML file that is not read; `line` counts from 1, 0 for the whole file."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def check_bounds(data: bytes | str, loader: Any = yaml.SafeLoader) -> None:
    """Raise TooLargeError for a file beyond the bounds, yaml.YAMLError for what is no YAML."""
    if len(data) > MOST_BYTES:
        raise TooLargeError(0, f"expected at most {MOST_BYTES:,} bytes, got {len(data):,}")
    counter = _Counter()
    for event in yaml.parse(data, Loader=loader):
        counter.count(event)


class _Counter:
    """Counts values as if each alias were written out."""

    def __init__(self) -> None:
        self._open: list[tuple[str | None, int]] = []
        """Of the collections around: their anchor, and the values that came before them."""
        self._sizes: dict[str, int] = {}
        """Anchor → values that an alias of it stands for."""
        self._unfinished: set[str | None] = set()
        self._values = 0

    def count(self, event: yaml.Event) -> None:
        """Take in the next event; raises TooLargeError."""
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in self._unfinished:  # it contains itself
                raise TooLargeError(line, "nested too deeply")
            self._values += self._sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            self._values += 1
            self._note(event.anchor, 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._values))
            self._values += 1
            self._unfinished |= {event.anchor} - {None}
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            self._note(anchor, self._values - before)
            self._unfinished -= {anchor}
        if len(self._open) > MOST_LEVELS:
            raise TooLargeError(line, "nested too deeply")
        if self._values > MOST_VALUES:
            words = f"expected at most {MOST_VALUES:,} values, aliases written out"
            raise TooLargeError(line, words)

    def _note(self, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._sizes[anchor] = size
