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

    def __init__(self, max_hours: float | None = None, min_trials: int = 0) -> None:
        """`max_hours` stops nothing before `min_trials` trials have ended."""
        self.reason: str | None = None
        self.ended = 0
        """How many trials have ended, as far as it was told."""
        self._seconds = None if max_hours is None else max_hours * 3600
        self._deadline: float | None = None
        self._min_trials = min_trials

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Never stop a single trial."""
        return False

    def stop_all(self) -> bool:
        """Return True once there is a reason; time runs from the first call, when Ray is up."""
        if self._deadline is None and self._seconds is not None:
            self._deadline = time.monotonic() + self._seconds
        late = self._deadline is not None and time.monotonic() >= self._deadline
        if self.reason is None and late and self.ended >= self._min_trials:
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
