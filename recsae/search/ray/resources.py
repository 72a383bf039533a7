"""How many trials run at once, and what each holds: plain arithmetic on what the nodes offer."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from recsae.errors import RecsaeError
from recsae.space import ResourceSettings

CPU, GPU = "CPU", "GPU"
MARGIN = 0.1
"""Part of a device's memory left free: fragments, libraries, what settings in between need."""
STEPS = 10_000  # Ray counts fractions of a resource in ten-thousandths

Node = Mapping[str, float]


@dataclass(frozen=True)
class Allocation:
    """What one trial holds while it runs."""

    cpus: float
    gpus: float

    @property
    def words(self) -> str:
        """It as a message says it."""
        return f"{self.cpus:g} CPUs and {self.gpus:g} GPUs"

    @property
    def threads(self) -> int:
        """Torch threads of a trial."""
        return max(1, int(self.cpus))

    @property
    def devices(self) -> float:
        """What a trial's seconds count: the GPUs it holds, or without one its CPUs."""
        return self.gpus or self.cpus

    @property
    def device(self) -> str:
        """Torch device of a trial."""
        return "cuda" if self.gpus else "cpu"


@dataclass(frozen=True)
class Requirement:
    """What the largest settings of a space took of one device, both in bytes."""

    used: int
    total: int


def allocation_for(
    asked: ResourceSettings,
    nodes: Iterable[Node],
    measure: Callable[[Allocation], Requirement | None],
) -> Allocation:
    """Return what a trial holds; `measure` is called only for `gpus: auto` where there is a GPU.

    That is on a node which can run a trial beside it. `measure` returns None if torch cannot use
    the GPU; then, as without one, trials run on CPUs.
    """
    if asked.gpus != "auto":
        return Allocation(asked.cpus, asked.gpus)
    able = gpu_nodes(nodes, asked.cpus)
    required = measure(Allocation(asked.cpus, 1.0)) if able else None
    if required is None:
        return Allocation(asked.cpus, 0.0)
    # More trials than CPUs for them would leave parts of the GPU unused.
    by_cpus = min(trials_by_cpus(node, asked.cpus) for node in able)
    return Allocation(asked.cpus, ray_fraction(1 / min(by_cpus, trials_in_memory(required))))


def gpu_nodes(nodes: Iterable[Node], cpus: float) -> list[Node]:
    """Return the nodes that have a GPU, and so many CPUs beside it."""
    return [
        node
        for node in nodes
        if node.get(GPU, 0) >= 1 and node_capacity(node, Allocation(cpus, 1.0))
    ]


def widest(allocation: Allocation, nodes: Sequence[Node], at_once: int) -> Allocation:
    """Return the largest part of a GPU with which `at_once` trials still run at once.

    Ray fills one GPU of a node before it turns to the next: few small parts would share the first.
    """
    wanted = min(at_once, capacity(nodes, allocation))
    if not 0 < allocation.gpus < 1 or not wanted:
        return allocation
    for trials_a_gpu in range(1, int(1 / allocation.gpus + 1e-9)):
        wider = replace(allocation, gpus=ray_fraction(1 / trials_a_gpu))
        if capacity(nodes, wider) >= wanted:
            return wider
    return allocation


def trials_in_memory(required: Requirement, margin: float = MARGIN) -> int:
    """Return how many trials fit in a device's memory, at least one."""
    return max(1, int(required.total * (1 - margin) // max(1, required.used)))


def trials_by_cpus(node: Node, cpus: float) -> int:
    """Return how many trials a GPU of this node can have before the node's CPUs run out."""
    return max(1, int(node.get(CPU, 0) / cpus / node[GPU] + 1e-9))


def ray_fraction(value: float) -> float:
    """Return a fraction of a resource that Ray can count, not above `value`."""
    return math.floor(value * STEPS + 1e-6) / STEPS


def node_capacity(node: Node, allocation: Allocation) -> int:
    """Return how many trials with this allocation a node runs at once."""
    by_cpu = int(node.get(CPU, 0) / allocation.cpus + 1e-9)
    if not allocation.gpus:
        return by_cpu
    devices = int(node.get(GPU, 0))
    if allocation.gpus < 1:
        # A trial never spans two GPUs: each is filled for itself.
        return min(by_cpu, devices * int(1 / allocation.gpus + 1e-9))
    return min(by_cpu, int(devices / allocation.gpus + 1e-9))


def capacity(nodes: Iterable[Node], allocation: Allocation) -> int:
    """Return how many trials with this allocation all nodes run at once."""
    return sum(node_capacity(node, allocation) for node in nodes)


def fitted_to_workers(allocation: Allocation, nodes: list[Node], workers: int) -> Allocation:
    """Return the allocation that lets `workers` trials run at once on nodes that offer fewer."""
    if capacity(nodes, allocation) >= workers or allocation.gpus:
        return allocation
    cpus = sum(node.get(CPU, 0) for node in nodes)
    return Allocation(ray_fraction(cpus / workers), allocation.gpus)


def fits(allocation: Allocation, nodes: Iterable[Node]) -> bool:
    """Return True if some node can run a trial."""
    return capacity(nodes, allocation) > 0


def too_large(allocation: Allocation, nodes: list[Node]) -> RecsaeError:
    """Return the error for an allocation that no node can give."""
    most_cpus = max((node.get(CPU, 0) for node in nodes), default=0)
    most_gpus = max((node.get(GPU, 0) for node in nodes), default=0)
    return RecsaeError(
        f"resources: a trial asks for {allocation.words}, "
        f"but a node offers at most {most_cpus:g} CPUs and {most_gpus:g} GPUs"
    )


def may_be_too_large(asked: ResourceSettings) -> bool:
    """Return True if some machine may be too small for what a trial asks for."""
    return asked.cpus > 1 or asked.gpus not in ("auto", 0)
