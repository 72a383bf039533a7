"""Run a function where a GPU is, in a process of its own, as if it ran here.

So the driver never takes any of a GPU's memory, which the trials need, and a cluster whose head has
no GPU uses those that it has. What the function writes to standard error is written here.
"""

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from typing import Any, Final

import ray
from ray.exceptions import RayError, RayTaskError

from recsae.errors import RecsaeError, SettingError
from recsae.search.engine.reports import one_line
from recsae.search.ray import cluster
from recsae.search.ray.interrupt import Interrupt
from recsae.search.ray.reservations import run_with
from recsae.search.ray.resources import Allocation, gpu_nodes

MISTAKE: Final = "mistake"
DONE: Final = "done"


def available() -> bool:
    """Return True if a node of the cluster has a GPU, and a core beside it."""
    return bool(gpu_nodes(cluster.nodes(), 1.0))


def run(purpose: str, gpus: float, function: Callable[..., Any], *args: Any) -> Any:
    """Run a module's function with a GPU, or a part of one; return what it returns.

    Raises what it raises, RecsaeError if its process was lost. `purpose` tells who waits for a GPU
    what for. A Ctrl-C ends the process.
    """
    # num_cpus=0: it must not wait for the resources that the task holds.
    lines: Any = ray.remote(num_cpus=0)(_Lines).remote()
    pass_on = _passing_on(lines)
    try:
        allocation = Allocation(1.0, gpus)
        how, *found = run_with(
            allocation, Interrupt(), purpose, _run, lines, function, args, each_turn=pass_on
        )
        pass_on()
    except RayTaskError as error:
        pass_on()
        # The exception as it was raised there, not the one that Ray wraps it in.
        raise error.cause from error
    except RayError as error:
        reason = one_line(error)
        raise RecsaeError(f"the process {purpose} was lost ({reason}); start again") from None
    finally:
        ray.kill(lines)
    if how == MISTAKE:
        key, message = found
        raise RecsaeError(message) if key is None else SettingError(key, message)
    return found[0]


def _run(lines: Any, function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Run the function where the GPU is; return DONE and its result, or MISTAKE and its text."""
    sender = _Sender(lines)
    with redirect_stderr(sender):
        try:
            return DONE, function(*args)
        except SettingError as error:
            return MISTAKE, error.key, error.message
        except RecsaeError as error:
            return MISTAKE, None, str(error)
        finally:
            sender.arrived()


class _Lines:
    """An actor between the two processes: what was written and not yet read."""

    def __init__(self) -> None:
        self._written: list[str] = []

    def put(self, text: str) -> None:
        self._written.append(text)

    def take(self) -> str:
        written, self._written = self._written, []
        return "".join(written)


class _Sender(io.TextIOBase):
    """Standard error of the process that has the GPU."""

    def __init__(self, lines: Any) -> None:
        self._lines, self._last = lines, None

    def write(self, text: str) -> int:
        """Send what is written."""
        self._last = self._lines.put.remote(text)
        return len(text)

    def arrived(self) -> None:
        """Wait until all that was sent has arrived."""
        if self._last is not None:
            ray.get(self._last)


def _passing_on(lines: Any) -> Callable[[], None]:
    def pass_on() -> None:
        sys.stderr.write(ray.get(lines.take.remote()))
        sys.stderr.flush()

    return pass_on
