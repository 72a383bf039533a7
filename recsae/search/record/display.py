"""What is shown of a search while it runs: what its caller draws, or lines of progress."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from recsae.progress import drawing, may_draw, meter
from recsae.search.record.recorder import RunRecord


@contextmanager
def shown(
    title: str, trials: int, record: RunRecord, view: Callable[[], Any] | None
) -> Iterator[Callable[[], None]]:
    """Show how far a search of so many trials is while the block runs.

    view: what to draw where there is a terminal (rich). Yields what shows it anew; it may be called
    at every step.
    """
    if view is not None and may_draw():
        with drawing(view) as draw:
            yield draw
        return
    with meter(title, trials, record.progress) as told:
        yield lambda: told(record.progress, record.note())
