"""`tune`: a search from its space to its page, begun or gone on with."""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from recsae.cache import Cache
from recsae.callbacks.base import Callback, RunStart
from recsae.callbacks.listener import Listeners
from recsae.errors import PausedError, RecsaeError, machine_fault, refusal
from recsae.files import read_json, write_json
from recsae.jobs.results import run_outcome
from recsae.jobs.runs.drivers import driving
from recsae.jobs.runs.pages import write_page
from recsae.jobs.runs.pauses import paused_by_faults
from recsae.jobs.runs.places import LAUNCH, open_places
from recsae.jobs.runs.places import Where as Where
from recsae.jobs.search_start import (
    WARM,
    Prepared,
    check_resumable,
    check_states,
    checked_resources,
    prepare,
    warm_trials_of,
)
from recsae.jobs.verification.seal import seal
from recsae.progress import say, tell
from recsae.results import (
    Files,
    check_name,
    create,
    find_run,
    load_results,
    new_run_name,
    read_search,
    storage_root,
    write_search,
)
from recsae.results.failures import few_complete
from recsae.results.file_format.search_keys import check_resumable_keys
from recsae.search.versions import code, versions
from recsae.space import SearchSpace, space_of
from recsae.space.stored import as_now
from recsae.storage.addresses import address_of
from recsae.storage.copies import copy_at, refresh
from recsae.storage.entries import shared_words

if TYPE_CHECKING:
    from recsae.search.ray.plan import SearchOutcome

FINISHED: Final = "finished"
INTERRUPTED: Final = "interrupted"
FAILING: Final = "failing"
"""How a run ended, in its search.yaml; the last: its first trials all failed with one error."""


def tune(
    space: SearchSpace,
    where: Where,
    *,
    name: str | None = None,
    warm_start: Sequence[str] = (),
    callbacks: Sequence[Callback] = (),
) -> dict[str, Any]:
    """Search a space into a new run; the base is trained and its states stored if need be.

    Raises RecsaeError before anything is trained when the run's name is taken, its storage cannot
    be written to, or nobody answers at the address; a search that cannot begin leaves no run.
    """
    start, where = time.perf_counter(), where.as_before({})
    root = storage_root(where.storage)
    path = root / _checked(new_run_name(root) if name is None else name)
    refresh(path)
    if path.exists():
        hint = " or --resume it" if (path / Files.SEARCH).is_file() else ""
        place = address_of(path) or path
        raise RecsaeError(f"--name: {place} exists already; take another name{hint}")
    sources = [find_run(source, root) for source in warm_start]
    new_root = not root.exists()
    cache = open_places(root, where)
    with checked_resources(space, where, root):
        prepared = prepare(space, cache, where.address)
        check_states(prepared, where)
        warm = warm_trials_of(sources, prepared.space)
        search = prepared.search | {LAUNCH: where.launch()}
        create(path, search | ({"warm_start": list(warm_start)} if warm_start else {}))
        if new_root and address_of(root) is None:
            say(f"--storage: made {root}")
        if warm:
            write_json(path / WARM, [list(trial) for trial in warm])
        run = _Run(path, prepared, search, where, cache, callbacks)
        with paused_by_faults(path), driving(path, new=True):
            with _removed_unless_begun(path):
                outcome = run.search()
            return run.conclude(outcome, start)


def resume(
    run: str,
    where: Where,
    space: SearchSpace | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    extend: bool = False,
    callbacks: Sequence[Callback] = (),
) -> dict[str, Any]:
    """Go on with a run where it was left.

    Workers and address are those of its last driver unless they are told anew. Raises RecsaeError
    when space, code or data are not those that it began with; `extend` lets it go on with a wider
    space, a larger budget or newer code, which search.yaml then tells.
    """
    start = time.perf_counter()
    path = find_run(run, storage_root(where.storage))
    search = read_search(path)
    check_resumable_keys(search, path / Files.SEARCH)
    where = where.as_before(search)
    stored = space_of(as_now(search["space"]), str(path / Files.SEARCH))
    wanted = (space or stored).override(**(overrides or {}))
    cache = open_places(path.parent, where)
    with checked_resources(wanted, where, path.parent):
        prepared = prepare(wanted, cache, where.address)
        check_states(prepared, where)
        changed = check_resumable(path, search, stored, prepared, extend)
        if not changed and search.get("ended") == FINISHED:
            say(f"{path.name} has finished already; --extend with more --trials goes on")
            return run_outcome(path) | {"interrupted": False}
        if changed:
            note = {"at": time.strftime("%Y-%m-%d %H:%M:%S"), "changes": changed}
            # These two belong to the run, not to how it was prepared today.
            kept = {key: search[key] for key in ("warm_start", "seconds") if key in search}
            search = prepared.search | kept | {"extended": [*search.get("extended", []), note]}
        if changed or search.get(LAUNCH) != where.launch():
            search |= {LAUNCH: where.launch()}
            write_search(path, search)
        again = _Run(path, prepared, search, where, cache, callbacks)
        with paused_by_faults(path), driving(path):
            return again.conclude(again.search(), start)


@dataclass(frozen=True)
class _Run:
    """A run that is searched, or gone on with, now."""

    path: Path
    prepared: Prepared
    stored: Mapping[str, Any]
    """What search.yaml holds."""
    where: Where
    cache: Cache
    callbacks: Sequence[Callback] = ()

    @cached_property
    def listeners(self) -> Listeners:
        """What tells the callbacks of this driver."""
        return Listeners(self.callbacks, RunStart(self.path.name, self.path, self.prepared.space))

    def search(self) -> "SearchOutcome":
        """Run its trials."""
        # Ray takes seconds to load: only once the data and the base are found sound.
        from recsae.jobs.runs.live import LiveSearch
        from recsae.search.ray.tuner import run_search
        from recsae.search.samplers.warm_start import WarmTrial
        from recsae.search.strategies import warnings_of

        for warning in warnings_of(self.prepared.space):
            say(warning)
        self.listeners.begin()
        warm = read_json(self.path / WARM) if (self.path / WARM).is_file() else []
        base = self.prepared.search["base"]["metrics"]["dev"]
        live = LiveSearch(self.path.name, self.prepared.space, base)
        return run_search(
            self.prepared.space,
            self.prepared.activations_path,
            self.path,
            workers=self.where.workers,
            address=self.where.address,
            shared_cache=shared_words(self.cache.shared),
            warm=[WarmTrial.of(*values) for values in warm],
            about=self._about(),
            listeners=[self.listeners.on_event, live.on_event],
            view=live.view,
        )

    def conclude(self, outcome: "SearchOutcome", start: float) -> dict[str, Any]:
        """Train the finalists, score what was found, write the page; return what to print.

        start: when this driver began, by `time.perf_counter`.
        """
        from recsae.jobs.finalists import Training, train_finalists

        workers, address = self.where.workers, self.where.address
        activations = self.prepared.activations_path
        training = Training(activations, self.cache, workers, address, self._about())
        outcome = train_finalists(self.path, self.prepared.space, outcome, training)
        before = self.stored.get("seconds")
        seconds = float(before) if isinstance(before, (int, float)) else 0.0
        seconds += time.perf_counter() - start
        tell("scoring the best trials on dev and test")
        _score_best(self.path, self.cache, outcome, self.where)
        ended = {
            "machine": self.stored["machine"] | outcome.machine,
            "seconds": round(seconds, 3),
            "ended": _ended(outcome),
            **({"over": outcome.over} if outcome.over else {}),
        }
        # What ended an earlier driver need not have ended this one.
        kept = {key: value for key, value in self.stored.items() if key != "over"}
        write_search(self.path, kept | ended)
        seal(self.path)
        tell("writing the results and the page")
        _write_page(self.path, self.where.storage)
        self.listeners.end(load_results(self.path))
        found = run_outcome(self.path) | {"interrupted": outcome.interrupted}
        if outcome.interrupted:
            return found
        return found | few_complete(found, self.prepared.space, outcome.over)

    def _about(self) -> dict[str, Any]:
        """Return what the journal notes of this driver."""
        return {"versions": versions(), "code": code()}


def _write_page(path: Path, storage: str | None) -> None:
    """Write a run's page; where a fault of the machine keeps it from that, all else is there."""
    try:
        write_page(str(path), storage=storage)
    except OSError as error:
        if not machine_fault(error):
            raise
        say(f"{refusal(error)}: the page is not written; recsae report {path.name} writes it")


def _ended(outcome: "SearchOutcome") -> str:
    if outcome.interrupted:
        return INTERRUPTED
    return FINISHED if outcome.failure is None else FAILING


def _checked(name: str) -> str:
    check_name(name)
    return name


@contextmanager
def _removed_unless_begun(path: Path) -> Iterator[None]:
    """Remove a new run again if a mistake in the block kept its first trial from starting."""
    try:
        yield
    except PausedError:
        raise  # what its trials had is in the journal, though a full disk took no frames
    except RecsaeError:
        if load_results(path).trials.empty:
            shutil.rmtree(path)
            copy = copy_at(path)
            if copy is not None:
                copy.erase()
        raise


def _score_best(path: Path, cache: Cache, outcome: "SearchOutcome", where: Where) -> None:
    """Score the chosen models on test, once, now that nothing is chosen any more.

    What a GPU gave is scored on one again, in a process of its own as the trials.
    """
    from recsae.jobs.evaluation import score_best, score_run

    if outcome.allocation.device == "cpu":
        score_run(path, cache)
        return
    from recsae.search.ray.cluster import cluster
    from recsae.search.ray.gpus import tasks

    with cluster(where.address):
        tasks.run("to score the best", outcome.allocation.gpus, score_best, path, cache)
