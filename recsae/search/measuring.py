"""What one trial needs of a GPU's memory: the largest settings of a space, tried on the device."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from recsae.progress import say
from recsae.search.halt import Halt, StoppedError
from recsae.search.parameters import MODEL
from recsae.search.reports import one_line
from recsae.search.resources import CPU, GPU, Need, Share
from recsae.search.space import SearchSpace
from recsae.search.trainable import Work, factory

RATE = "sae_lr"
EPOCHS = "sae_epochs"
TURN_SECONDS = 0.5
TELL_SECONDS, TELL_AGAIN_SECONDS = 2.0, 60.0
WHOLE = Need(1, 1)
"""A trial that fills a GPU."""


class LargestDraw:
    """Draws what takes most memory: the largest integers and choices, for one model."""

    def __init__(self, model: str) -> None:
        self._model = model

    def int(self, name: str, low: int, high: int, log: bool, step: int) -> int:
        """Return the upper end."""
        return high

    def float(self, name: str, low: float, high: float, log: bool) -> float:
        """Return the upper end, so that no term of the loss is off; the lower one of a rate."""
        return low if name == RATE else high

    def choice(self, name: str, options: Sequence[Any]) -> Any:
        """Return the model, or the largest number, or the first of other options."""
        if name == MODEL:
            return self._model
        numbers = [v for v in options if isinstance(v, (int, float)) and not isinstance(v, bool)]
        return max(numbers) if len(numbers) == len(options) else options[0]


def largest(space: SearchSpace) -> list[tuple[str, dict[str, Any]]]:
    """Return for each model of a space its name and its largest settings."""
    drawn = [(model, space.suggest(LargestDraw(model))) for model in space.models]
    return [(model, space.settings_for(params).values()) for model, params in drawn]


def measured_need(space: SearchSpace, work: Work, halt: Halt, share: Share) -> Need | None:
    """Train the largest settings for one epoch on a GPU of the cluster; return what they took.

    None: torch there cannot use it (a build for CPUs, an old driver), which is said. A measurement
    that fails is said too; a trial then needs a whole GPU. Raises StoppedError after a Ctrl-C.
    """
    with _reserved(share, halt) as group:
        task = ray.remote(
            num_cpus=share.cpus,
            num_gpus=share.gpus,
            max_calls=1,
            scheduling_strategy=PlacementGroupSchedulingStrategy(group),
        )(_measure)
        running = task.remote(largest(space), asdict(replace(work, device="cuda")))
        try:
            while not ray.wait([running], timeout=TURN_SECONDS)[0]:
                halt.check()
            found = ray.get(running)
        except StoppedError:
            ray.cancel(running, force=True)
            raise
        except RayError as error:
            told = one_line(getattr(error, "cause", None) or error)
            say(f"gpus: auto: measuring what a trial needs failed ({told}): each takes a whole GPU")
            return WHOLE
    if isinstance(found, str):
        say(f"gpus: auto: {found} cannot use its GPU, so trials run on CPUs")
        return None
    return Need(*found)


@contextmanager
def _reserved(share: Share, halt: Halt) -> Iterator[PlacementGroup]:
    """Hold a share on some node while the block runs; wait for it in turns, and say so."""
    group = placement_group([{CPU: share.cpus, GPU: share.gpus}])
    try:
        began = time.monotonic()
        tell_at = began + TELL_SECONDS
        while not group.wait(TURN_SECONDS):
            halt.check()
            if time.monotonic() >= tell_at:
                say(_waiting(share, time.monotonic() - began))
                tell_at = time.monotonic() + TELL_AGAIN_SECONDS
        yield group
    finally:
        remove_placement_group(group)


def _waiting(share: Share, seconds: float) -> str:
    all_there = ray.cluster_resources()  # type: ignore[no-untyped-call]
    free = ray.available_resources()  # type: ignore[no-untyped-call]
    offered = " and ".join(
        f"{free.get(kind, 0):g} of {all_there.get(kind, 0):g} {kind}s" for kind in (CPU, GPU)
    )
    return (
        f"gpus: auto: waiting since {seconds:.0f} s for a node with {share.words} free, to measure "
        f"what a trial needs; {offered} are free in all (Ctrl-C stops)"
    )


def _measure(cases: list[tuple[str, dict[str, Any]]], work_values: dict[str, Any]) -> Any:
    """Run in a process of its own, so that the context's share is measured too.

    Returns what torch cannot use the GPU, in words, or what `measure` returns.
    """
    import torch

    if not torch.cuda.is_available():
        return f"torch {torch.__version__} on {socket.gethostname()}"
    work = Work(**work_values)
    make = factory(work.factory)
    return measure(cases, lambda *case: make(*one_epoch(*case), work).step(), torch.cuda)


def one_epoch(model: str, settings: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a case with its first epoch the last one, in which a trial measures most."""
    return model, settings | ({EPOCHS: 1} if EPOCHS in settings else {})


def measure(
    cases: Sequence[tuple[str, dict[str, Any]]],
    step: Callable[[str, dict[str, Any]], Any],
    cuda: Any,
) -> tuple[int, int]:
    """Return (most bytes taken of the device, bytes it has), context included, over all cases.

    cuda: `torch.cuda`. A case that does not fit takes all that there is; one that fails otherwise
    counts with what it took, and its trial will tell why.
    """
    for model, settings in cases:
        with suppress(Exception):
            try:
                step(model, settings)
            except cuda.OutOfMemoryError:
                _, total = cuda.mem_get_info()
                return total, total
    free, total = cuda.mem_get_info()
    context = total - free - cuda.memory_reserved()
    return context + cuda.max_memory_reserved(), total
