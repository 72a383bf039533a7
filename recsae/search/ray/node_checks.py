"""Whether the nodes of a cluster run what the driver runs, reach its storage, have its states.

Else one search has several codes or data, or its trials are lost.
"""

import socket
import uuid
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from recsae.cache import cache_root
from recsae.errors import RecsaeError, refusal
from recsae.progress import say
from recsae.search.engine.reports import one_line
from recsae.search.ray import cluster
from recsae.search.versions import code, versions
from recsae.storage.entries import folder_digest
from recsae.storage.places import place_at

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


def check_reach(storage: str) -> None:
    """Let each node read what this one writes; raise RecsaeError with the names of those that fail.

    storage: a folder, or an address. A node that does not answer in time is said.
    """
    place, name = place_at(storage), f".probe-{uuid.uuid4().hex}"
    place.write(name, name.encode())
    try:
        answers = cluster.run_on_each_node(_read, storage, name)
    finally:
        place.delete([name])
    cannot = {}
    for node, found in answers:
        reason = refusal(found) if isinstance(found, Exception) else None
        if reason is not None:
            cannot[node] = reason
        elif isinstance(found, Exception):
            say(f"{node}: cannot tell whether it reaches {storage} ({one_line(found)})")
    if cannot:
        reason = next(iter(cannot.values()))
        raise RecsaeError(
            f"--storage: {', '.join(cannot)} cannot read what this machine writes to {storage} "
            f"({reason}); give a folder that all machines mount, or s3://BUCKET/PREFIX"
        )


def check_states(folder: Path) -> None:
    """Ask each node for the states that it has; raise RecsaeError for one with other bytes."""
    expected = folder_digest(folder)
    for node, found in cluster.run_on_each_node(_states_here, folder.parent.name, folder.name):
        if isinstance(found, Exception):
            say(f"{node}: cannot tell what states it has ({one_line(found)})")
        elif found is not None and found[1] != expected:
            raise other_states(node, found[0])


def other_states(node: str, folder: str) -> RecsaeError:
    """Return the error for a node whose copy of the states is not that of the driver."""
    return RecsaeError(
        f"{node}: its states in {folder} have other bytes than those of the driver: its trials "
        "would not be those of this search; delete them there, and it takes the driver's"
    )


def _same_release(other: Mapping[str, str | None], expected: Mapping[str, str], name: str) -> bool:
    found = other[name]
    return found is not None and found.partition("+")[0] == expected[name].partition("+")[0]


def _refusal(node: str, difference: str) -> RecsaeError:
    return RecsaeError(
        f"{node}: {difference}: its trials would not be those of this machine; "
        "install there what is installed here"
    )


def _read(storage: str, name: str) -> bool:
    return place_at(storage).read(name) == name.encode()


def _states_here(kind: str, key: str) -> tuple[str, str] | None:
    folder = cache_root() / kind / key
    return (str(folder), folder_digest(folder)) if folder.is_dir() else None
