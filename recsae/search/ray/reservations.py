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
from recsae.search.ray.resources import CPU, GPU, Share

TURN_SECONDS: Final = 0.5
TELL_SECONDS, TELL_AGAIN_SECONDS = 2.0, 60.0


def done_with(
    share: Share,
    halt: Interrupt,
    purpose: str,
    function: Callable[..., Any],
    *args: Any,
    each_turn: Callable[[], None] = lambda: None,
) -> Any:
    """Run a function in a process of its own that holds a share; return what it returns.

    The process ends with it, so that nothing of the device stays taken. Raises InterruptError after
    a Ctrl-C that `halt` has heard; then, as after any other exception, the process is killed.
    """
    with _reserved(share, halt, purpose) as group:
        task = ray.remote(
            num_cpus=share.cpus,
            num_gpus=share.gpus,
            max_calls=1,
            max_retries=0,
            scheduling_strategy=PlacementGroupSchedulingStrategy(group),
        )(function)
        running = task.remote(*args)
        try:
            while not ray.wait([running], timeout=TURN_SECONDS)[0]:
                halt.check()
                each_turn()
        except BaseException:
            ray.cancel(running, force=True)
            raise
        return ray.get(running)


@contextmanager
def _reserved(share: Share, halt: Interrupt, purpose: str) -> Iterator[PlacementGroup]:
    """Hold a share on some node while the block runs; wait for it in turns, and say so."""
    group = placement_group([{CPU: share.cpus, GPU: share.gpus}])
    try:
        began = time.monotonic()
        tell_at = began + TELL_SECONDS
        while not group.wait(TURN_SECONDS):
            halt.check()
            if time.monotonic() >= tell_at:
                say(_waiting(share, purpose, time.monotonic() - began))
                tell_at = time.monotonic() + TELL_AGAIN_SECONDS
        yield group
    finally:
        remove_placement_group(group)


def _waiting(share: Share, purpose: str, seconds: float) -> str:
    all_there = ray.cluster_resources()  # type: ignore[no-untyped-call]
    free = ray.available_resources()  # type: ignore[no-untyped-call]
    offered = " and ".join(
        f"{free.get(kind, 0):g} of {all_there.get(kind, 0):g} {kind}s" for kind in (CPU, GPU)
    )
    return (
        f"waiting since {seconds:.0f} s for a node with {share.words} free, {purpose}; "
        f"{offered} are free in all (Ctrl-C stops)"
    )
