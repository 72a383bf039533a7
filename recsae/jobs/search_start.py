"""What a search starts from, and whether a run may go on from where it was left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.progress import say
from recsae.search.versions import code, versions
from recsae.space.changes import changes
from recsae.space.data_flags import with_its_place
from recsae.space.space import SearchSpace

if TYPE_CHECKING:
    from recsae.jobs.sources import Elsewhere
    from recsae.search.samplers.warm_start import WarmTrial

WARM = "warm.json"
"""What earlier runs told a search at its start; kept, so that it does not depend on them."""


@dataclass(frozen=True)
class Prepared:
    """A search that can begin."""

    space: SearchSpace
    """With the base settled."""
    search: dict[str, Any]
    """What search.yaml keeps of it."""
    activations_path: Path


def may_use_gpu(space: SearchSpace, address: str | None) -> bool:
    """Return True if a search may compute on a GPU: one of this machine, or of a cluster."""
    if space.resources.gpus == 0 or address is not None:
        return space.resources.gpus != 0
    from recsae.machine import device_of

    return device_of(None).type == "cuda"


def prepare(space: SearchSpace, cache: Cache, address: str | None = None) -> Prepared:
    """Make the activations, and say all that search.yaml keeps of a run.

    Where there is a GPU they are made in a process of their own, with this one connected to Ray:
    the trials need the GPU's memory. Without one they are made here.
    """
    import torch

    from recsae.jobs.baselines import controls
    from recsae.jobs.sources import source_of
    from recsae.machine import machine

    space = space.with_views()
    data = space.named_data() if space.base.checkpoint else space.data_settings().values()
    source = source_of(data, space.base, space.activations, cache)
    cpu = torch.device("cpu")
    elsewhere = _on_gpu(space) if may_use_gpu(space, address) else None
    try:
        ready = source.prepare(cache, cpu, check=space.check_width, elsewhere=elsewhere)
    except RecsaeError as error:
        flags = dict.fromkeys(space.data_flags)
        raise with_its_place(error, space.data, flags, space.source) from None
    data = ready.source.data.values()
    settled = replace(space, dataset=data.pop("dataset"), data=data, base=ready.source.base)
    meta = ready.activations.meta
    search = {
        "space": settled.resolved(),
        "fingerprint": space.fingerprint,
        "source": ready.source.values(),
        "dataset": meta["dataset"],
        "protocol": meta["protocols"]["history"],
        "seed": space.search.seed,
        "versions": versions(),
        "code": code(),
        "machine": machine(cpu),
        "base": meta["base"],
        "activations": {"fingerprint": ready.activations.fingerprint, "width": meta["width"]},
        "controls": controls(ready.activations, cache),
        "pretrained": ready.pretrained,
    }
    return Prepared(settled, search, ready.activations.path)


def _on_gpu(space: SearchSpace) -> "Elsewhere | None":
    """Return what computes where a GPU is; None if no node of the cluster has one."""
    from recsae.jobs.sources import made
    from recsae.search.ray import gpu_tasks

    if not gpu_tasks.available():
        return None
    gpus = space.resources.gpus
    part = 1.0 if gpus == "auto" else gpus
    return partial(gpu_tasks.run, "to train the base", part, made)


def other_weights(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return True if two trainings of one base (as a store's meta tells it) gave other weights."""
    same = one["fingerprint"] == other["fingerprint"]
    return same and one.get("weights") != other.get("weights")


def check_goes_on(
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
    told = [change.words for change in found]
    for part, digest in now.search["code"].items():
        if search.get("code", {}).get(part) != digest:
            told.append(f"the code of {part} is not that of recsae {search['versions']['recsae']}")
    for package, version in now.search["versions"].items():
        before = search["versions"].get(package)
        if before != version and package != "recsae":
            told.append(f"{package} {before} → {version}")
    if told and not extend:
        raise RecsaeError(
            f"--resume: changed since {run} began: {'; '.join(told)}; undo it, or give --extend to "
            "go on all the same, which the results then tell"
        )
    return told


def earlier(runs: Sequence[Path], space: SearchSpace) -> "list[WarmTrial]":
    """Return what finished runs tell a new search of a space; what does not fit is said."""
    from recsae.search.samplers.warm_start import warm_trials

    found = []
    for run in runs:
        trials, notes = warm_trials(run, space)
        for note in notes:
            say(f"--warm_start {run.name}: {note}")
        found += trials
    return found
