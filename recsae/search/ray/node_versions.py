"""Whether the nodes of a cluster run what the driver runs: else one search has several codes."""

import socket
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from recsae.errors import RecsaeError
from recsae.progress import say
from recsae.search.engine.reports import one_line
from recsae.search.ray import cluster
from recsae.search.versions import code, versions

TRAINING: Final = "training code"
PYTHON: Final = "python"
"""What Ray itself holds together as far as it must be; its patches are noted alone."""


@lru_cache(maxsize=1)
def own_versions() -> dict[str, str]:
    """Return what the numbers of a trial depend on in this process, once found."""
    found = versions()
    names = ("recsae", "torch", PYTHON)
    return {**{name: found[name] for name in names}, TRAINING: code()["training"]}


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, str]:
    """Return in words what must be equal and is not, and what may differ and does; "" if nothing.

    A build of torch for a GPU (2.9.0+cu128) is the same torch as one for CPUs (2.9.0+cpu).
    """
    other = {name: found.get(name) for name in expected if found.get(name) != expected[name]}
    allowed = {name for name in other if name == PYTHON or _same_release(other, expected, name)}
    words = {name: f"{name} {value}, not {expected[name]}" for name, value in other.items()}
    refused = "; ".join(words[name] for name in words if name not in allowed)
    return refused, "; ".join(words[name] for name in words if name in allowed)


def check_here(expected: Mapping[str, str]) -> None:
    """Raise RecsaeError, with this node's name, if this process is not what the driver expects."""
    refused, _ = differences(expected, own_versions())
    if refused:
        raise _refusal(socket.gethostname(), refused)


def check_nodes() -> None:
    """Ask each node of the cluster; raise RecsaeError for one that would train otherwise.

    What may differ is said. A node that does not answer in time is left to `check_here`.
    """
    for name, found in cluster.run_on_each_node(own_versions.__wrapped__):
        if isinstance(found, Exception):
            say(f"{name}: cannot tell its versions ({one_line(found)})")
            continue
        refused, noted = differences(own_versions(), found)
        if refused:
            raise _refusal(name, refused)
        if noted:
            say(f"{name}: {noted}")


def _same_release(other: Mapping[str, str | None], expected: Mapping[str, str], name: str) -> bool:
    found = other[name]
    return found is not None and found.partition("+")[0] == expected[name].partition("+")[0]


def _refusal(node: str, difference: str) -> RecsaeError:
    return RecsaeError(
        f"{node}: {difference}: its trials would not be those of this machine; "
        "install there what is installed here"
    )
