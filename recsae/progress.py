"""Progress and time left, on standard error: drawn on a terminal, a line at times in a log."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.progress import Progress

FIRST_LINE_SECONDS, LINE_EVERY_SECONDS = 2.0, 10.0
LONGEST_LINE = 1000
SILENCE_SECONDS: Final = 0.6
DRAW_SECONDS: Final = 0.5
DRAW_SHARE: Final = 20
"""Drawing may take one part in so many of the time."""
_QUIET: Final = ContextVar("quiet", default=False)

_SAID: Final = threading.Event()
"""Set once something was said."""


def say(text: str) -> None:
    """Write one line to standard error; what is endless loses its middle."""
    if len(text) > LONGEST_LINE:
        text = f"{text[: LONGEST_LINE // 2]} … {text[-LONGEST_LINE // 2 :]}"
    _SAID.set()
    with suppress(OSError):  # a full disk, or nobody who reads
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def tell(text: str) -> None:
    """Say on a terminal what stage a command has reached, unless it is to be quiet.

    In a log the end says it all, and a mistake is one line.
    """
    if sys.stderr.isatty() and not _QUIET.get():
        say(text)


@contextmanager
def first_line(text: str) -> Iterator[None]:
    """Say on a terminal what has begun, if the block has said nothing for most of a second."""
    if not sys.stderr.isatty():
        yield
        return
    _SAID.clear()
    timer = threading.Timer(SILENCE_SECONDS, lambda: None if _SAID.is_set() else tell(text))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def quiet(wanted: bool) -> Iterator[None]:
    """Show no progress while the block runs, if that is wanted; what must be known is said."""
    before = _QUIET.set(wanted)
    try:
        yield
    finally:
        _QUIET.reset(before)


def may_draw() -> bool:
    """Tell whether progress is drawn in place: on a terminal that can, for who wants to see it."""
    from rich.console import Console

    console = Console(stderr=True)
    return console.is_terminal and not console.is_dumb_terminal and not _QUIET.get()


class Meter:
    """Told how far a piece of work is; shows it."""

    def __init__(
        self, what: str, total: int, progress: "Progress | None", before: float = 0.0
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
            line = f"{self._what} {so_far}/{self._total}, about {left:.0f} s left  {note}"
            if not _QUIET.get():
                say(line.rstrip())
            self._next_line = now + LINE_EVERY_SECONDS


@contextmanager
def meter(what: str, total: int, before: float = 0.0) -> Iterator[Meter]:
    """Show the progress of a piece of work while the block runs.

    before: how much of it was done earlier, in no time of the block's.
    """
    if not may_draw():
        yield Meter(what, total, None, before)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Meter(what, total, progress, before)


@contextmanager
def drawing(view: Callable[[], Any]) -> Iterator[Callable[[], None]]:
    """Draw at the foot of the terminal what `view` returns (rich) while the block runs.

    What is said meanwhile stands above it. Yields what draws it anew, at most now and then: no
    thread does, for a handler of a signal may write, and would wait for a lock that its own holds.
    """
    from rich.console import Console
    from rich.live import Live

    shown = Live(
        view(),
        console=Console(stderr=True, highlight=False),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
    )
    due = 0.0

    def draw() -> None:
        nonlocal due
        began = time.monotonic()
        if began < due:
            return
        shown.update(view(), refresh=True)
        ended = time.monotonic()
        due = ended + max(DRAW_SECONDS, DRAW_SHARE * (ended - began))

    with shown:
        yield draw
