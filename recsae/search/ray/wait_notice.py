"""Says that no trial runs because others hold the resources that one asks for."""

import time
from collections.abc import Callable
from typing import Final

from recsae.progress import say

NOTICE_SECONDS: Final = 30.0
"""A process needs seconds to start; who waits longer than this waits for something else."""
REPEAT_SECONDS: Final = 300.0


class WaitNotice:
    """Knows which trials run; says now and then that none does."""

    def __init__(self, wanted: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`wanted`: what a trial holds, in words."""
        self._wanted, self._clock = wanted, clock
        self._running: set[str] = set()
        self._since = clock()
        self._say_at = self._since + NOTICE_SECONDS

    def started(self, trial_id: str) -> None:
        """Note that a trial runs."""
        self._running.add(trial_id)

    def ended(self, trial_id: str) -> None:
        """Note that a trial runs no longer."""
        self._running.discard(trial_id)
        self._since = self._clock()
        self._say_at = self._since + NOTICE_SECONDS

    def say_if_due(self) -> None:
        """Say it if nothing has run for long."""
        now = self._clock()
        if self._running or now < self._say_at:
            return
        self._say_at = now + REPEAT_SECONDS
        say(
            f"no trial has run for {now - self._since:.0f} s: the search waits for {self._wanted} "
            "to be free on some node (Ctrl-C stops, and loses nothing)"
        )
