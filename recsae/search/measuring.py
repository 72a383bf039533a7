"""What one trial needs of a GPU's memory: the largest settings of a space, tried on the device."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import ray

from recsae.search.parameters import MODEL
from recsae.search.resources import Need, Share
from recsae.search.space import SearchSpace
from recsae.search.trainable import Work, factory

RATE = "sae_lr"
EPOCHS = "sae_epochs"


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


def measured_need(space: SearchSpace, work: Work, share: Share) -> Need | None:
    """Train the largest settings for one epoch on a GPU of the cluster; return what they took.

    None: torch there cannot use it (a build for CPUs, an old driver).
    """
    task = ray.remote(num_cpus=share.cpus, num_gpus=share.gpus, max_calls=1)(_measure)
    cases = largest(space)
    found = ray.get(task.remote(cases, asdict(replace(work, device="cuda"))))
    return None if found is None else Need(*found)


def _measure(cases: list[tuple[str, dict[str, Any]]], work_values: dict[str, Any]) -> Any:
    """Run in a process of its own, so that the context's share is measured too."""
    import torch

    if not torch.cuda.is_available():
        return None
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
