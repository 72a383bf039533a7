"""`tune`, `results` and `report`: a search from its space to its page."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from recsae import __version__
from recsae.cache import SHARED_CACHE, Cache, cache_of
from recsae.errors import RecsaeError
from recsae.results import (
    Files,
    check_name,
    create,
    find_run,
    load_results,
    new_run_name,
    storage_root,
    summary,
    write_search,
)
from recsae.search.space import SearchSpace


def tune(
    space: SearchSpace,
    *,
    name: str | None = None,
    workers: int | None = None,
    storage: str | None = None,
    address: str | None = None,
) -> dict[str, Any]:
    """Search a space into a new run; the base is trained and its states stored if need be.

    Raises RecsaeError before anything is trained when the run's name is taken, its storage cannot
    be written to, or nobody answers at `address`; a search that cannot begin leaves no run.
    """
    start = time.perf_counter()
    root = storage_root(storage)
    path = root / _checked(new_run_name(root) if name is None else name)
    if path.exists():
        raise RecsaeError(f"--name: {path} exists already; take another name")
    _check_places(root, address)
    if address or is_address(storage):
        (root / SHARED_CACHE).mkdir(exist_ok=True)
    cache = cache_of(root)
    prepared = _prepare(space, cache)
    create(path, prepared.search)
    with _gone_unless_begun(path):
        from recsae.search.tuner import run_search

        outcome = run_search(
            prepared.space,
            prepared.activations_path,
            path,
            workers=workers,
            address=address,
            shared_cache=cache.shared,
        )
    _score_best(path, cache)
    share, machine = outcome.share, prepared.search["machine"]
    machine = {**machine, "device": share.device, "threads": share.threads}
    seconds = round(time.perf_counter() - start, 3)
    write_search(path, {**prepared.search, "machine": machine, "seconds": seconds})
    report(str(path), storage=storage)
    return {**run_outcome(path), "interrupted": outcome.interrupted}


def _checked(name: str) -> str:
    check_name(name)
    return name


def _check_places(root: Path, address: str | None) -> None:
    """Raise now what would else be found out only after the base is trained."""
    root.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=root).close()
    if address is not None:
        from recsae.search.cluster import check_answers

        check_answers(address)


@contextmanager
def _gone_unless_begun(path: Path) -> Iterator[None]:
    """Remove a new run again if a mistake in the block kept its first trial from starting."""
    try:
        yield
    except RecsaeError:
        if load_results(path).trials.empty:
            shutil.rmtree(path)
        raise


def is_address(storage: str | None) -> bool:
    """Tell whether a storage is given as an address, which says that several nodes reach it."""
    return storage is not None and "://" in storage


@dataclass(frozen=True)
class _Prepared:
    space: SearchSpace
    """With the base settled."""
    search: dict[str, Any]
    activations_path: Path


def _prepare(space: SearchSpace, cache: Cache) -> _Prepared:
    """Make the activations, and say all that search.yaml keeps of a run."""
    from recsae.jobs.baselines import controls
    from recsae.jobs.sources import source_of
    from recsae.machine import device_of, machine, release

    space = space.with_views()
    data = space.named_data() if space.base.checkpoint else space.data_settings().values()
    source = source_of(data, space.base, space.activations, cache)
    device = device_of(None)
    ready = source.prepare(cache, device, check=space.check_width)
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
        "machine": machine(device),
        "base": meta["base"],
        "activations": {"fingerprint": ready.activations.fingerprint, "width": meta["width"]},
        "controls": controls(ready.activations, cache),
        "pretrained": ready.pretrained,
    }
    return _Prepared(settled, search, ready.activations.path)


def versions() -> dict[str, str]:
    """Return the versions that a run depends on."""
    packages = ("torch", "ray", "optuna", "numpy", "pandas")
    found = {name: version(name) for name in packages}
    return {"recsae": __version__, "python": python_version(), **found}


def _score_best(path: Path, cache: Cache) -> None:
    """Score the chosen models on test, once, now that nothing is chosen any more."""
    from recsae.jobs.evaluation import score_run

    score_run(path, cache)


def run_outcome(path: Path) -> dict[str, Any]:
    """Return what `tune` prints: counts, and of each best trial settings, dev and test figures."""
    results = load_results(path)
    outcome = summary(results)
    for trial in outcome["best"]:
        scores = results.scores(trial["trial_id"])
        trial |= {part: scores[part] for part in ("test", "difference") if scores.get(part)}
    return {
        **outcome,
        "protocol": results.search.get("protocol"),
        "base": results.search.get("base"),
        "beside": results.beside,
        "path": str(path),
        "report": str(path / Files.REPORT),
    }


def results(run: str, *, storage: str | None, top: int) -> tuple[dict[str, Any], Any]:
    """Return a run's outcome, and a table of its `top` trials."""
    from recsae.report.tables import trials_table

    path = find_run(run, storage_root(storage))
    return run_outcome(path), trials_table(load_results(path), top)


def report(run: str, *, storage: str | None) -> dict[str, Any]:
    """Write a run's page from its dataframes."""
    from recsae.report import write_report

    path = find_run(run, storage_root(storage))
    return {"run": path.name, "report": str(write_report(path))}
