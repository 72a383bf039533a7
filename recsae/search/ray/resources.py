"""How many trials run at once, and what each holds: plain arithmetic on what the nodes offer."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from recsae.errors import RecsaeError
from recsae.space.sections import ResourceSettings

CPU, GPU = "CPU", "GPU"
MARGIN = 0.1
"""Part of a device's memory left free: fragments, libraries, what settings in between need."""
STEPS = 10_000  # Ray counts fractions of a resource in ten-thousandths

Node = Mapping[str, float]


@dataclass(frozen=True)
class Share:
    """What one trial holds while it runs."""

    cpus: float
    gpus: float

    @property
    def words(self) -> str:
        """The share as a message says it."""
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
class Need:
    """What the largest settings of a space took of one device, both in bytes."""

    used: int
    total: int


def share_for(
    asked: ResourceSettings, nodes: Iterable[Node], measure: Callable[[Share], Need | None]
) -> Share:
    """Return a trial's share; `measure` is called only for `gpus: auto` where there is a GPU.

    That is on a node which can run a trial beside it. `measure` returns None if torch cannot use
    the GPU; then, as without one, trials run on CPUs.
    """
    if asked.gpus != "auto":
        return Share(asked.cpus, asked.gpus)
    able = equipped(nodes, asked.cpus)
    need = measure(Share(asked.cpus, 1.0)) if able else None
    if need is None:
        return Share(asked.cpus, 0.0)
    by_cpus = min(trials_by_cpus(node, asked.cpus) for node in able)
    return Share(asked.cpus, floored(1 / min(by_cpus, trials_in_memory(need))))


def equipped(nodes: Iterable[Node], cpus: float) -> list[Node]:
    """Return the nodes that have a GPU, and so many CPUs beside it."""
    return [node for node in nodes if node.get(GPU, 0) >= 1 and slots(node, Share(cpus, 1.0))]


def spread(share: Share, nodes: Sequence[Node], at_once: int) -> Share:
    """Return the largest share of a GPU with which `at_once` trials still run at once.

    Ray fills one GPU of a node before it turns to the next, so a few small shares would crowd it.
    """
    wanted = min(at_once, offer(nodes, share))
    if not 0 < share.gpus < 1 or not wanted:
        return share
    for trials_a_gpu in range(1, int(1 / share.gpus + 1e-9)):
        wider = replace(share, gpus=floored(1 / trials_a_gpu))
        if offer(nodes, wider) >= wanted:
            return wider
    return share


def trials_in_memory(need: Need, margin: float = MARGIN) -> int:
    """Return how many trials fit in a device's memory, at least one."""
    return max(1, int(need.total * (1 - margin) // max(1, need.used)))


def trials_by_cpus(node: Node, cpus: float) -> int:
    """Return how many trials a GPU of this node can have before the node's CPUs run out."""
    return max(1, int(node.get(CPU, 0) / cpus / node[GPU] + 1e-9))


def floored(value: float) -> float:
    """Return a fraction of a resource that Ray can count, not above `value`."""
    return math.floor(value * STEPS + 1e-6) / STEPS


def slots(node: Node, share: Share) -> int:
    """Return how many trials a node runs at once."""
    by_cpu = int(node.get(CPU, 0) / share.cpus + 1e-9)
    if not share.gpus:
        return by_cpu
    devices = int(node.get(GPU, 0))
    if share.gpus < 1:
        return min(by_cpu, devices * int(1 / share.gpus + 1e-9))
    return min(by_cpu, int(devices / share.gpus + 1e-9))


def offer(nodes: Iterable[Node], share: Share) -> int:
    """Return how many trials all nodes run at once."""
    return sum(slots(node, share) for node in nodes)


def squeezed(share: Share, nodes: list[Node], workers: int) -> Share:
    """Return the share that lets `workers` trials run at once on nodes that offer fewer."""
    if offer(nodes, share) >= workers or share.gpus:
        return share
    cpus = sum(node.get(CPU, 0) for node in nodes)
    return Share(floored(cpus / workers), share.gpus)


def fits(share: Share, nodes: Iterable[Node]) -> bool:
    """Return True if some node can run a trial."""
    return offer(nodes, share) > 0


def too_large(share: Share, nodes: list[Node]) -> RecsaeError:
    """Return the error for a share that no node can give."""
    most_cpus = max((node.get(CPU, 0) for node in nodes), default=0)
    most_gpus = max((node.get(GPU, 0) for node in nodes), default=0)
    return RecsaeError(
        f"resources: a trial asks for {share.words}, "
        f"but a node offers at most {most_cpus:g} CPUs and {most_gpus:g} GPUs"
    )


def needs_look(asked: ResourceSettings) -> bool:
    """Return True if some machine may be too small for what a trial asks for."""
    return asked.cpus > 1 or asked.gpus not in ("auto", 0)
