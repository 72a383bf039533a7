"""Progress and time left, on standard error: a bar on a terminal, a line at times in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

FIRST_LINE_SECONDS, LINE_EVERY_SECONDS = 2.0, 10.0
LONGEST_LINE = 1000


def say(text: str) -> None:
    """Write one line to standard error; what is endless loses its middle."""
    if len(text) > LONGEST_LINE:
        text = f"{text[: LONGEST_LINE // 2]} … {text[-LONGEST_LINE // 2 :]}"
    with suppress(OSError):  # a full disk, or nobody who reads
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class Meter:
    """Told how far a piece of work is; shows it."""

    def __init__(
        self, what: str, total: int, progress: Progress | None, before: float = 0.0
    ) -> None:
        self._what, self._total, self._progress, self._before = what, total, progress, before
        self._task = None
        if progress is not None:
            self._task = progress.add_task(what, total=total, note="")
            # Not as an advance: rich would take it for speed.
            progress.reset(self._task, completed=before)  # type: ignore[arg-type]
        self._start = time.monotonic()
        self._next_line = self._start + FIRST_LINE_SECONDS

    def __call__(self, done: float, note: str = "") -> None:
        """Say that `done` of the total is done; `note` is the newest figure, e.g. a score."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, note=note)
            return
        now = time.monotonic()
        if now >= self._next_line and done > self._before:
            left = (now - self._start) / (done - self._before) * (self._total - done)
            so_far = f"{done:.1f}" if isinstance(done, float) else done
            say(f"{self._what} {so_far}/{self._total}, about {left:.0f} s left  {note}".rstrip())
            self._next_line = now + LINE_EVERY_SECONDS


@contextmanager
def meter(what: str, total: int, before: float = 0.0) -> Iterator[Meter]:
    """Show the progress of a piece of work while the block runs.

    before: how much of it was done earlier, in no time of the block's.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Meter(what, total, None, before)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Meter(what, total, progress, before)
