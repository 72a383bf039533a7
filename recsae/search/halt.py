"""Why a whole search stops before its last trial: Ctrl-C, or its time is over."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ray.tune import Stopper

from recsae.progress import say

INTERRUPTED = "interrupted"
OUT_OF_TIME = "stopped: max_hours is over"


class Halt(Stopper):
    """Asked by Ray Tune whether to stop everything; knows the reason."""

    def __init__(self, max_hours: float | None = None) -> None:
        self.reason: str | None = None
        self._deadline = None if max_hours is None else time.monotonic() + max_hours * 3600

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Never stop a single trial."""
        return False

    def stop_all(self) -> bool:
        """Return True once there is a reason."""
        if self.reason is None and self._deadline and time.monotonic() >= self._deadline:
            self.reason = OUT_OF_TIME
        return self.reason is not None

    @contextmanager
    def on_ctrl_c(self) -> Iterator[None]:
        """Take the first Ctrl-C of the block as a wish to stop; a second one interrupts as ever."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread hears signals
            return
        before = signal.getsignal(signal.SIGINT)

        def stop(signum: int, frame: Any) -> None:
            self.reason = INTERRUPTED
            signal.signal(signal.SIGINT, before)
            say("stopping: what has finished is kept (Ctrl-C again to stop at once)")

        signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
