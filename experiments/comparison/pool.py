"""Work in parallel processes of one thread each; what has left its file is not done again."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from recsae.progress import meter, say

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class Task:
    """A call of a function of a module, in another process."""

    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    leaves: Path | None = None
    """The file that the call writes, whole, as its last act; None: it is always done."""

    @property
    def done(self) -> bool:
        """True if its file is there."""
        return self.leaves is not None and self.leaves.exists()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pool:
    """Processes that last for a whole comparison; with one worker, this process does the work."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._executor: ProcessPoolExecutor | None = None
        self._threads = torch.get_num_threads()

    def run(self, what: str, tasks: Sequence[Task]) -> list[Any]:
        """Do what is not done; return what the calls returned, None where a file was there.

        The first mistake ends the rest; what is finished is kept.
        """
        returned: list[Any] = [None] * len(tasks)
        left = [place for place, task in enumerate(tasks) if not task.done]
        with meter(what, len(left)) as tick:
            results = self._results(tasks, left)
            for count, (place, value) in enumerate(results, 1):
                returned[place] = value
                tick(count)
        return returned

    def _results(self, tasks: Sequence[Task], left: list[int]) -> Iterator[tuple[int, Any]]:
        if self._executor is None:
            for place in left:
                yield place, tasks[place].call(*tasks[place].arguments)
            return
        waiting: dict[Future[Any], int] = {
            self._executor.submit(tasks[place].call, *tasks[place].arguments): place
            for place in left
        }
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        finally:
            for future in waiting:
                future.cancel()

    def __enter__(self) -> "Pool":
        if self.workers > 1:
            with _environment(ONE_THREAD):
                self._executor = ProcessPoolExecutor(
                    self.workers, get_context("spawn"), _begin, (os.getpid(),)
                )
                wait([self._executor.submit(os.getpid) for _ in range(self.workers)])
        torch.set_num_threads(1)  # sums depend on it in the last digit
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._executor is not None:
            if kind is KeyboardInterrupt:
                say("stopping, once the trainings that run now are written")
            self._executor.shutdown(cancel_futures=True)
        torch.set_num_threads(self._threads)


def _begin(parent: int) -> None:
    """Start a process that lives no longer than its parent, which alone hears a Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process once its parent is gone, killed for one, which nobody else would tell it."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables that children inherit; BLAS and torch read them when they load."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
