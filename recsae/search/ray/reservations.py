"""Hold a GPU of the cluster for one task: wait for it in turns, say what is waited for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import ray
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from recsae.progress import say
from recsae.search.ray.interrupt import Interrupt
from recsae.search.ray.resources import CPU, GPU, Allocation

TURN_SECONDS: Final = 0.5
NOTICE_SECONDS, REPEAT_SECONDS = 2.0, 60.0


def run_with(
    allocation: Allocation,
    interrupt: Interrupt,
    purpose: str,
    function: Callable[..., Any],
    *args: Any,
    each_turn: Callable[[], None] = lambda: None,
) -> Any:
    """Run a function in a process of its own that holds an allocation; return what it returns.

    The process ends with it, so that nothing of the device stays taken. Raises InterruptError after
    a Ctrl-C that `interrupt` has seen; then, as after any other exception, the process is killed.
    """
    with _reserved(allocation, interrupt, purpose) as group:
        task = ray.remote(
            num_cpus=allocation.cpus,
            num_gpus=allocation.gpus,
            # Else the process stays for the next task, and its CUDA context with it.
            max_calls=1,
            max_retries=0,
            scheduling_strategy=PlacementGroupSchedulingStrategy(group),
        )(function)
        running = task.remote(*args)
        try:
            while not ray.wait([running], timeout=TURN_SECONDS)[0]:
                interrupt.check()
                each_turn()
        except BaseException:
            ray.cancel(running, force=True)
            raise
        return ray.get(running)


@contextmanager
def _reserved(
    allocation: Allocation, interrupt: Interrupt, purpose: str
) -> Iterator[PlacementGroup]:
    """Hold an allocation on some node while the block runs; wait for it in turns, and say so."""
    group = placement_group([{CPU: allocation.cpus, GPU: allocation.gpus}])
    try:
        began = time.monotonic()
        say_at = began + NOTICE_SECONDS
        while not group.wait(TURN_SECONDS):
            interrupt.check()
            if time.monotonic() >= say_at:
                say(_waiting(allocation, purpose, time.monotonic() - began))
                say_at = time.monotonic() + REPEAT_SECONDS
        yield group
    finally:
        remove_placement_group(group)


def _waiting(allocation: Allocation, purpose: str, seconds: float) -> str:
    all_there = ray.cluster_resources()  # type: ignore[no-untyped-call]
    free = ray.available_resources()  # type: ignore[no-untyped-call]
    offered = " and ".join(
        f"{free.get(kind, 0):g} of {all_there.get(kind, 0):g} {kind}s" for kind in (CPU, GPU)
    )
    return (
        f"waiting since {seconds:.0f} s for a node with {allocation.words} free, {purpose}; "
        f"{offered} are free in all (Ctrl-C stops)"
    )
