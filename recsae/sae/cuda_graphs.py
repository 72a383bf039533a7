"""A training step on a GPU as one CUDA graph a batch size. B rows of a batch.

A step is some two hundred kernels of a few microseconds each: to launch them one by one takes the
host ten times as long as the GPU takes to run them. A graph is launched at once.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

WARM_UP = 3
"""Steps of a size that are run one kernel at a time before it is captured: libraries set
themselves up in them."""


def graphs_there() -> bool:
    """Return True if this torch was built for CUDA."""
    return bool(torch.backends.cuda.is_built())  # type: ignore[no-untyped-call]


class StepGraphs:
    """Runs steps that read nothing back, and whose shapes depend on the batch's size alone."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._captured: dict[int, tuple[torch.cuda.CUDAGraph, Tensor]] = {}
        self._ran: Counter[int] = Counter()

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Work on a stream of its own, as capturing needs, after and before all other work."""
        here = torch.cuda.current_stream(self._device)
        self._side.wait_stream(here)
        with torch.cuda.stream(self._side):
            yield
        here.wait_stream(self._side)

    def run(self, step: Callable[[Tensor], None], index_B: Tensor) -> None:
        """Take a step with the rows at an index, within `beside`; always the same `step`.

        It is not kept, so that who owns both is freed, with the graphs, as soon as it is let go.
        """
        size = len(index_B)
        if self._ran[size] < WARM_UP:
            self._ran[size] += 1
            step(index_B)
            return
        if size not in self._captured:
            self._captured[size] = self._capture(step, index_B)
        graph, own_B = self._captured[size]
        # A graph always reads the addresses that it was captured with.
        own_B.copy_(index_B)
        graph.replay()

    def _capture(
        self, step: Callable[[Tensor], None], index_B: Tensor
    ) -> tuple[torch.cuda.CUDAGraph, Tensor]:
        """Return a graph, not run yet, and the tensor in which it looks for the index."""
        graph, own_B = torch.cuda.CUDAGraph(), index_B.clone()
        torch.cuda.synchronize(self._device)
        # Other threads of the process, such as a server's, may go on using CUDA meanwhile.
        graph.capture_begin(capture_error_mode="thread_local")
        try:
            step(own_B)
        finally:
            graph.capture_end()
        return graph, own_B
