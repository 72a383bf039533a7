"""What a search starts from, and whether a run may go on from where it was left."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.jobs.runs.places import Where
from recsae.progress import say
from recsae.search.versions import code, versions
from recsae.space import SearchSpace
from recsae.space.changes import changes
from recsae.space.flags.data import with_its_place
from recsae.storage.addresses import address_of

if TYPE_CHECKING:
    from recsae.jobs.sources import Ready, Remote
    from recsae.search.samplers.warm_start import WarmTrial

WARM = "warm.json"
"""Trials of earlier runs that a search began with; kept, so that it does not depend on them."""


@dataclass(frozen=True)
class Prepared:
    """A search that can begin."""

    space: SearchSpace
    """With the base settled."""
    search: dict[str, Any]
    """What search.yaml keeps of it."""
    activations_path: Path
    extracted: bool = False
    """Whether its states were computed just now."""


def may_use_gpu(space: SearchSpace, address: str | None) -> bool:
    """Return True if a search may compute on a GPU: one of this machine, or of a cluster."""
    if space.resources.gpus == 0 or address is not None:
        return space.resources.gpus != 0
    from recsae.machine import device_of

    return device_of(None).type == "cuda"


@contextmanager
def checked_resources(space: SearchSpace, where: Where, root: Path) -> Iterator[None]:
    """Be connected to the cluster while the block runs, if it has a GPU or may be too small.

    Raises RecsaeError if it is too small for a trial, if a node runs another recsae or torch, or
    does not reach the storage: before a base is trained, which takes minutes.
    """
    from recsae.search.ray.resources import may_be_too_large

    if where.address is None and not (
        may_be_too_large(space.resources) or may_use_gpu(space, None)
    ):
        yield
        return
    from recsae.search.ray.allocation import check_capacity
    from recsae.search.ray.cluster import cluster
    from recsae.search.ray.node_checks import check_nodes, check_reach

    with cluster(where.address):
        if where.address is not None:
            check_nodes()
            check_reach(address_of(root) or str(root))
        check_capacity(space.resources, where.workers, own=where.address is None)
        yield


def check_states(prepared: Prepared, where: Where) -> None:
    """Raise RecsaeError for a node of the cluster whose states are not those of this machine."""
    if where.address is not None:
        from recsae.search.ray import node_checks

        node_checks.check_states(prepared.activations_path)


def prepare(space: SearchSpace, cache: Cache, address: str | None = None) -> Prepared:
    """Make the activations, and say all that search.yaml keeps of a run.

    Where there is a GPU they are made in a process of their own, with this one connected to Ray:
    the trials need the GPU's memory. Without one they are made here.
    """
    import torch

    from recsae.activations.concept_rows import check_needs
    from recsae.jobs.baselines import controls
    from recsae.jobs.sources import source_of
    from recsae.machine import machine

    space = space.with_views()
    data = space.named_data() if space.base.checkpoint else space.data_settings().values()
    source = source_of(data, space.base, space.activations, cache)
    cpu = torch.device("cpu")
    remote = _on_gpu(space) if may_use_gpu(space, address) else None
    try:
        asked = (*space.objectives, *space.constraints)
        ready = source.prepare(
            cache, cpu, space.check_width, remote, check_data=partial(check_needs, asked)
        )
    except RecsaeError as error:
        flags = dict.fromkeys(space.data_flags)
        raise with_its_place(error, space.data, flags, space.source) from None
    data = ready.source.data.values()
    settled = replace(space, dataset=data.pop("dataset"), data=data, base=ready.source.base)
    search = {
        "space": settled.resolved(),
        "fingerprint": space.fingerprint,
        "seed": space.search.seed,
        **_origin(ready),
        "machine": machine(cpu),
        "controls": controls(ready.activations, cache),
    }
    return Prepared(settled, search, ready.activations.path, ready.extracted)


def _origin(ready: "Ready") -> dict[str, Any]:
    """Return what search.yaml keeps of data, base, states and code."""
    meta = ready.activations.meta
    return {
        "source": ready.source.values(),
        "dataset": meta["dataset"],
        "protocol": meta["protocols"]["history"],
        "base": meta["base"],
        "activations": {"fingerprint": ready.activations.fingerprint, "width": meta["width"]},
        "pretrained": ready.pretrained,
        "versions": versions(),
        "code": code(),
    }


def _on_gpu(space: SearchSpace) -> "Remote | None":
    """Return what computes where a GPU is; None if no node of the cluster has one."""
    from recsae.jobs.sources import fill_cache
    from recsae.search.ray.gpus import tasks

    if not tasks.available():
        return None
    gpus = space.resources.gpus
    part = 1.0 if gpus == "auto" else gpus
    return partial(tasks.run, "to train the base", part, fill_cache)


def other_weights(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return True if two trainings of one base (as a store's meta tells it) gave other weights."""
    same = one["fingerprint"] == other["fingerprint"]
    return same and one.get("weights") != other.get("weights")


def check_resumable(
    path: Path, search: dict[str, Any], stored: SearchSpace, now: Prepared, extend: bool
) -> list[str]:
    """Return in words what has changed since the run began; RecsaeError if it may not go on so."""
    run = path.name
    if search["activations"]["fingerprint"] != now.search["activations"]["fingerprint"]:
        changed = "its data, its base or the code that computes them have changed"
        if other_weights(search["base"], now.search["base"]):
            changed = "its base was trained again since, and came out with other weights"
        raise RecsaeError(
            f"--resume: {run} was searched on other states: {changed}; start a new search"
        )
    found = changes(stored, now.space)
    narrower = [change for change in found if not change.widens]
    if narrower:
        raise RecsaeError(
            f"--resume: {narrower[0].words}: what {run} has found so far does not belong to such "
            "a space; start a new search, with --warm_start if you like"
        )
    changed_words = [*(change.words for change in found), *_changed_code(search, now.search)]
    if changed_words and not extend:
        raise RecsaeError(
            f"--resume: changed since {run} began: {'; '.join(changed_words)}; undo it, or give "
            "--extend to go on all the same, which the results then tell"
        )
    return changed_words


def _changed_code(search: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Return in words which code and packages are not those of search.yaml."""
    for part, digest in now["code"].items():
        if search.get("code", {}).get(part) != digest:
            yield f"the code of {part} is not that of recsae {search['versions']['recsae']}"
    for package, version in now["versions"].items():
        before = search["versions"].get(package)
        if before != version and package != "recsae":
            yield f"{package} {before} → {version}"


def warm_trials_of(runs: Sequence[Path], space: SearchSpace) -> "list[WarmTrial]":
    """Return what finished runs tell a new search of a space; what does not fit is said."""
    from recsae.search.samplers.warm_start import warm_trials

    found = []
    for run in runs:
        trials, notes = warm_trials(run, space)
        for note in notes:
            say(f"--warm_start {run.name}: {note}")
        found += trials
    return found
