"""What a driver of a run in a bucket does beside its search: it says that it lives, and pushes.

A model that a trial has left in .models/ is fetched when the trial ends, judged, and deleted there
once what was made of it here is in the bucket.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from recsae.errors import RecsaeError
from recsae.progress import say
from recsae.storage.copies import Copy
from recsae.storage.leases import BEATS, Lease, TakenError, acquire
from recsae.storage.objects import StorageError

WAITING: Final = ".models"
"""Folder in a run where a finished trial leaves its model until the driver has judged it."""
STOP: Final = ".stop"
ARRIVED: Final = ".arrived"
"""Folder in a run with a file for each model that was fetched."""
_PUSH_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.5
_BOARD_EVERY: Final = 12
_held: dict[str, Lease] = {}


@contextmanager
def keeping(copy: Copy, stop: Callable[[], None], *, new: bool) -> Iterator[None]:
    """Drive a run in a bucket while the block runs.

    stop: called, in another thread, when somebody asks the driver to stop, or has taken over. new:
    nobody may have driven a run of this name. Raises TakenError if somebody else drives it.
    """
    lease = acquire(copy.place)
    if new and lease.token > 1:
        lease.release()
        raise RecsaeError(f"--name: {copy.place.address} exists already; take another name")
    _held[copy.place.address] = lease
    try:
        copy.pull(driving=True)
        keeper = _Keeper(copy, lease, stop)
        keeper.start()
        try:
            yield
        except BaseException:
            keeper.end()
            # What ends the search is told, rather than that the bucket does not answer either.
            with suppress(RecsaeError, StorageError):
                keeper.settle()
            raise
        keeper.end()
        keeper.settle()
    finally:
        del _held[copy.place.address]


def lease_of(address: str) -> Lease | None:
    """Return the lease of this process on the run that an address is, or lies in."""
    return next((one for run, one in _held.items() if f"{address}/".startswith(f"{run}/")), None)


class _Keeper(threading.Thread):
    def __init__(self, copy: Copy, lease: Lease, stop: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="storage")
        self._copy, self._lease, self._ask_to_stop = copy, lease, stop
        self._over = threading.Event()
        self._said = False

    def run(self) -> None:
        """Beat, push and look for requests, until the end."""
        beat = push = 0.0
        pushes = 0
        while not self._over.wait(_LOOK_SECONDS):
            now = time.monotonic()
            try:
                if now >= beat:
                    beat = now + self._lease.driver.lease / BEATS
                    self._lease.renew()
                    if self._copy.place.tag(STOP) is not None:
                        self._ask_to_stop()
                if now >= push:
                    push, pushes = now + _PUSH_SECONDS, pushes + 1
                    self._push(board=pushes % _BOARD_EVERY == 0)
            except TakenError as error:
                say(f"{error}: it stops")
                self._ask_to_stop()
                return
            except StorageError as error:
                self._say(error)

    def end(self) -> None:
        """End the thread, after what it is doing."""
        self._over.set()
        self.join()

    def settle(self) -> None:
        """Push everything, and let others have the run; raises TakenError if somebody has it."""
        self._lease.check()
        self._push(board=True, whole=True)
        place = self._copy.place
        left = [name for name in place.entries() if f"/{WAITING}/" in f"/{name}"]
        place.delete([*left, STOP])
        self._lease.release()

    def _push(self, *, board: bool, whole: bool = False) -> None:
        # Judged before the push began: what was made of them is pushed by it.
        judged = [mark for mark in self._copy.folder.rglob(f"{ARRIVED}/*") if not _waits(mark)]
        self._copy.push(self._lease, board=board, whole=whole)
        for mark in judged:
            base = mark.parent.parent.relative_to(self._copy.folder)
            prefix = (base / WAITING / mark.name).as_posix() + "/"
            self._copy.place.delete(self._copy.place.entries(prefix))
            mark.unlink(missing_ok=True)

    def _say(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            say(f"{error.strerror if isinstance(error, OSError) else error}: pushed later")


def _waits(mark: Path) -> bool:
    return (mark.parent.parent / WAITING / mark.name).exists()
