"""What a search starts from, and whether a run may go on from where it was left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.progress import say
from recsae.search.extending import changes
from recsae.search.space import SearchSpace
from recsae.search.space_data import with_its_place
from recsae.search.versions import code, versions

if TYPE_CHECKING:
    from recsae.search.proposers.warm import WarmTrial

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


def prepare(space: SearchSpace, cache: Cache) -> Prepared:
    """Make the activations, and say all that search.yaml keeps of a run."""
    from recsae.jobs.baselines import controls
    from recsae.jobs.sources import source_of
    from recsae.machine import device_of, machine, release

    space = space.with_views()
    data = space.named_data() if space.base.checkpoint else space.data_settings().values()
    source = source_of(data, space.base, space.activations, cache)
    device = device_of(None)
    try:
        ready = source.prepare(cache, device, check=space.check_width)
    except RecsaeError as error:
        flags = dict.fromkeys(space.data_flags)
        raise with_its_place(error, space.data, flags, space.source) from None
    release(device)  # the trials' processes need its memory now
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
        "machine": machine(device),
        "base": meta["base"],
        "activations": {"fingerprint": ready.activations.fingerprint, "width": meta["width"]},
        "controls": controls(ready.activations, cache),
        "pretrained": ready.pretrained,
    }
    return Prepared(settled, search, ready.activations.path)


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
    from recsae.search.proposers.warm import warm_trials

    found = []
    for run in runs:
        trials, notes = warm_trials(run, space)
        for note in notes:
            say(f"--warm_start {run.name}: {note}")
        found += trials
    return found
