"""What one trial needs of a GPU's memory: the largest settings of a space, tried on the device."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import ray

from recsae.search.parameters import MODEL
from recsae.search.resources import Need, Share
from recsae.search.space import SearchSpace
from recsae.search.trainable import Work, factory


class LargestDraw:
    """Draws the upper end of every range and the largest of numbers, for one model."""

    def __init__(self, model: str) -> None:
        self._model = model

    def int(self, name: str, low: int, high: int, log: bool, step: int) -> int:
        """Return the upper end, as far as the steps reach."""
        return high - (high - low) % step

    def float(self, name: str, low: float, high: float, log: bool) -> float:
        """Return the upper end."""
        return high

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


def measured_need(space: SearchSpace, work: Work, share: Share) -> Need:
    """Train the largest settings for one epoch on a GPU of the cluster; return what they took."""
    task = ray.remote(num_cpus=share.cpus, num_gpus=share.gpus, max_calls=1)(_measure)
    cases = largest(space)
    used, total = ray.get(task.remote(cases, asdict(replace(work, device="cuda"))))
    return Need(used, total)


def _measure(cases: list[tuple[str, dict[str, Any]]], work_values: dict[str, Any]) -> Any:
    """Run in a process of its own, so that the context's share is measured too."""
    import torch

    work = Work(**work_values)
    make = factory(work.factory)
    return measure(cases, lambda model, settings: make(model, settings, work).step(), torch.cuda)


def measure(
    cases: Sequence[tuple[str, dict[str, Any]]],
    step: Callable[[str, dict[str, Any]], Any],
    cuda: Any,
) -> tuple[int, int]:
    """Return (most bytes taken of the device, bytes it has), context included, over all cases.

    cuda: `torch.cuda`. A case that does not fit takes all that there is.
    """
    free, total = cuda.mem_get_info()
    try:
        for model, settings in cases:
            step(model, settings)
    except cuda.OutOfMemoryError:
        return total, total
    free, total = cuda.mem_get_info()
    context = total - free - cuda.memory_reserved()
    return context + cuda.max_memory_reserved(), total
