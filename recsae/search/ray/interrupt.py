"""Ctrl-C or a SIGTERM as a request to stop a search with nothing half-done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from recsae.progress import say

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class InterruptError(Exception):
    """The user has asked to stop while nothing could be left half-done."""


class Interrupt:
    """Knows whether the user has asked to stop."""

    def __init__(self, asked: Path | None = None, resume: str | None = None) -> None:
        """`asked`: a file that somebody else makes to ask for a stop, see `look`.

        resume: the command that goes on with what is stopped.
        """
        self._asked = asked
        self._lost = f"nothing is lost, {resume} goes on" if resume else "nothing is lost"
        self.requested = False
        self.cause: Exception | None = None
        """What ends the search where it is, if that is not the user."""

    def look(self) -> None:
        """Take a file of that name as the request."""
        if not self.requested and self._asked is not None and self._asked.exists():
            self.requested = True
            say(f"stopping, as `recsae stop` asks: {self._lost}")

    def because_of(self, error: Exception) -> None:
        """Stop for an error; it is raised once nothing is half-done."""
        self.requested, self.cause = True, self.cause or error

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Stop for an error of the block, of which Tune would make a text."""
        try:
            yield
        except Exception as error:
            self.because_of(error)

    def check(self) -> None:
        """Raise InterruptError if the user has asked to stop."""
        if self.requested:
            raise InterruptError

    @contextmanager
    def on_ctrl_c(self) -> Iterator[None]:
        """Take the first Ctrl-C or SIGTERM of the block as a request to stop.

        A second one does what it did before the block.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread hears signals
            return
        before = {one: signal.getsignal(one) for one in SIGNALS}

        def restore() -> None:
            for one, handler in before.items():
                signal.signal(one, handler)

        def stop(signum: int, frame: Any) -> None:
            # Nothing more here: whoever runs ends at the next safe place.
            self.requested = True
            restore()
            say(f"stopping: {self._lost} (Ctrl-C again to stop at once)")

        for one in SIGNALS:
            signal.signal(one, stop)
        try:
            yield
        finally:
            restore()
