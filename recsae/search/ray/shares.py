"""What each trial of a search holds on the cluster that is there, and whether it ever can."""

from collections.abc import Callable, Sequence

from recsae.progress import say
from recsae.search.ray import cluster
from recsae.search.ray.resources import (
    GPU,
    Need,
    Node,
    Share,
    equipped,
    fits,
    share_for,
    spread,
    squeezed,
    too_large,
)
from recsae.space.sections import ResourceSettings


def share_of(
    asked: ResourceSettings,
    trials: int,
    workers: int | None,
    measure: Callable[[Share], Need | None],
    *,
    own: bool,
) -> Share:
    """Return a trial's share on the Ray that this process is connected to.

    own: that is one of ours, on this machine alone. There and with `gpus: auto`, shares of a GPU
    are as large as the trials at once allow; else a number that was given may leave room for
    others. Raises RecsaeError for what no node can ever offer.
    """
    nodes = cluster.nodes()
    share = share_for(asked, nodes, measure)
    if asked.gpus == "auto" and any(node.get(GPU, 0) >= 1 for node in nodes):
        _tell_unused(asked, nodes)
    if own or asked.gpus == "auto":
        share = spread(share, nodes, min(trials, workers or trials))
    share = _narrowed(share, nodes, workers, own)
    _check_offered(share, nodes, own)
    if not fits(share, nodes):
        say(f"no node offers {share.words} yet: the search waits for the cluster to start one")
    return share


def check_ahead(asked: ResourceSettings, workers: int | None, *, own: bool) -> None:
    """Raise RecsaeError for what no node can ever offer, before anything is trained for it."""
    nodes = cluster.nodes()
    least = Share(asked.cpus, 0.0 if asked.gpus == "auto" else asked.gpus)
    _check_offered(_narrowed(least, nodes, workers, own), nodes, own)


def _check_offered(share: Share, nodes: Sequence[Node], own: bool) -> None:
    """Raise RecsaeError if no node can give a share, and the cluster does not grow by itself."""
    if not fits(share, nodes) and (own or not cluster.scales()):
        raise too_large(share, list(nodes))


def _narrowed(share: Share, nodes: Sequence[Node], workers: int | None, own: bool) -> Share:
    return squeezed(share, list(nodes), workers) if own and workers is not None else share


def _tell_unused(asked: ResourceSettings, nodes: Sequence[Node]) -> None:
    """Say why the GPUs that are there do nothing."""
    if not equipped(nodes, asked.cpus):
        told = f"no node with a GPU has the {asked.cpus:g} CPUs of a trial beside it"
        say(f"gpus: auto: {told}, so trials run on CPUs")
