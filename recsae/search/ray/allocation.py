"""What each trial of a search holds on the cluster that is there, and whether it ever can."""

from collections.abc import Callable, Sequence

from recsae.progress import say
from recsae.search.ray import cluster
from recsae.search.ray.resources import (
    GPU,
    Allocation,
    Node,
    Requirement,
    allocation_for,
    fits,
    fitted_to_workers,
    gpu_nodes,
    too_large,
    widest,
)
from recsae.space import ResourceSettings


def allocate(
    asked: ResourceSettings,
    trials: int,
    workers: int | None,
    measure: Callable[[Allocation], Requirement | None],
    *,
    own: bool,
) -> Allocation:
    """Return what a trial holds on the Ray that this process is connected to.

    own: that is one of ours, on this machine alone. There and with `gpus: auto`, parts of a GPU
    are as large as the trials at once allow; else a number that was given may leave room for
    others. Raises RecsaeError for what no node can ever offer.
    """
    nodes = cluster.nodes()
    allocation = allocation_for(asked, nodes, measure)
    if asked.gpus == "auto" and any(node.get(GPU, 0) >= 1 for node in nodes):
        _tell_unused(asked, nodes)
    if own or asked.gpus == "auto":
        allocation = widest(allocation, nodes, min(trials, workers or trials))
    allocation = _narrowed(allocation, nodes, workers, own)
    _check_possible(allocation, nodes, own)
    if not fits(allocation, nodes):
        say(f"no node offers {allocation.words} yet: the search waits for the cluster to start one")
    return allocation


def check_capacity(asked: ResourceSettings, workers: int | None, *, own: bool) -> None:
    """Raise RecsaeError for what no node can ever offer, before anything is trained for it."""
    nodes = cluster.nodes()
    least = Allocation(asked.cpus, 0.0 if asked.gpus == "auto" else asked.gpus)
    _check_possible(_narrowed(least, nodes, workers, own), nodes, own)


def _check_possible(allocation: Allocation, nodes: Sequence[Node], own: bool) -> None:
    """Raise RecsaeError if no node can give it, and the cluster does not grow by itself."""
    if not fits(allocation, nodes) and (own or not cluster.autoscales()):
        raise too_large(allocation, list(nodes))


def _narrowed(
    allocation: Allocation, nodes: Sequence[Node], workers: int | None, own: bool
) -> Allocation:
    if not own or workers is None:
        return allocation
    return fitted_to_workers(allocation, list(nodes), workers)


def _tell_unused(asked: ResourceSettings, nodes: Sequence[Node]) -> None:
    """Say why the GPUs that are there do nothing."""
    if not gpu_nodes(nodes, asked.cpus):
        reason = f"no node with a GPU has the {asked.cpus:g} CPUs of a trial beside it"
        say(f"gpus: auto: {reason}, so trials run on CPUs")
