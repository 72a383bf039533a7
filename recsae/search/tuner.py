"""Runs a search: proposer, scheduler, trials and recorder, put together in Ray Tune."""

import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ray import tune

from recsae.progress import meter, say
from recsae.results import DEV, Files
from recsae.search import cluster
from recsae.search.halt import INTERRUPTED, OUT_OF_TIME, Halt
from recsae.search.keeper import WAITING, Keeper
from recsae.search.measuring import measured_need
from recsae.search.recorder import Recorder, RunRecord, number
from recsae.search.reports import one_line
from recsae.search.resources import Share, fits, share_for, squeezed, too_large
from recsae.search.schedulers import rungs, scheduler_for
from recsae.search.searcher import Proposer, StudySearcher
from recsae.search.space import SearchSpace
from recsae.search.tensorboard import TensorBoard
from recsae.search.trainable import WORK, SearchTrainable, Work

TUNE = ".tune"
"""Folder in a run for what Ray Tune writes, states of long trials above all; gone at the end."""
LOST_AT_MOST = 3
"""A trial whose process or node dies starts again so many times."""
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class SearchOutcome:
    """How a search ended; what it found lies in the run's folder."""

    interrupted: bool
    out_of_time: bool
    share: Share


def run_search(
    space: SearchSpace,
    activations: Path,
    run_path: Path,
    *,
    workers: int | None = None,
    address: str | None = None,
    trial_factory: str | None = None,
    shared_cache: Path | None = None,
    min_trials: int = 0,
) -> SearchOutcome:
    """Search a space over stored activations, into a run's folder that `results.create` made.

    workers: trials at once, by default what the cluster offers. After a first Ctrl-C the search
    ends with what there is; trials that had not finished are FAILED. min_trials: so many have
    ended before the space's `max_hours` can stop the search.
    """
    halt = Halt(space.search.max_hours, min_trials)
    run_path = run_path.resolve()
    work = Work(
        activations=str(activations.resolve()),
        models=str(run_path / WAITING),
        objectives=dict(space.objectives),
        rungs=rungs(space),
        order_seed=space.search.seed,
        shared_cache=str(shared_cache.resolve()) if shared_cache else None,
    )
    if trial_factory is not None:
        work = replace(work, factory=trial_factory)
    with halt.on_ctrl_c(), cluster.cluster(address):
        share = _share(space, work, workers, own=address is None)
        work = replace(work, device=share.device, threads=share.threads)
        try:
            _search(space, run_path, work, share, workers, halt)
        finally:
            for leftover in (TUNE, WAITING):
                shutil.rmtree(run_path / leftover, ignore_errors=True)
    return SearchOutcome(halt.reason == INTERRUPTED, halt.reason == OUT_OF_TIME, share)


def _share(space: SearchSpace, work: Work, workers: int | None, own: bool) -> Share:
    nodes = cluster.nodes()
    share = share_for(space.resources, nodes, partial(measured_need, space, work))
    if own and workers is not None:
        share = squeezed(share, nodes, workers)
    if not fits(share, nodes):
        if own:
            raise too_large(share, nodes)
        say(f"no node offers {share.words} yet: the search waits for one")
    return share


def _search(
    space: SearchSpace, run_path: Path, work: Work, share: Share, workers: int | None, halt: Halt
) -> None:
    board = TensorBoard(run_path / Files.TENSORBOARD)
    board.experiment(space.resolved(), [DEV + name for name in space.objectives])
    record = RunRecord(run_path, Keeper(run_path, space.objectives), board)
    slots = (lambda: workers) if workers is not None else cluster.Offer(share)
    searcher = StudySearcher(Proposer(space), slots, {WORK: vars(work)})
    reason = "the search broke off"

    def told(ended: int, note: str) -> None:
        halt.ended = ended
        tick(ended, note)

    try:
        with meter("search", space.search.trials) as tick, cluster.silence():
            _tuner(space, run_path, share, searcher, Recorder(record, told), halt).fit()
    except KeyboardInterrupt:
        reason = INTERRUPTED
        raise
    except Exception as error:
        reason = f"the search broke off: {one_line(error)}"
        raise
    finally:
        record.close(halt.reason or reason)


def _tuner(
    space: SearchSpace,
    run_path: Path,
    share: Share,
    searcher: StudySearcher,
    recorder: Recorder,
    halt: Halt,
) -> tune.Tuner:
    return tune.Tuner(
        tune.with_resources(SearchTrainable, {"cpu": share.cpus, "gpu": share.gpus}),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=scheduler_for(space),
            num_samples=space.search.trials,
            max_concurrent_trials=UNLIMITED,  # else Ray lets one wait; the searcher counts
            reuse_actors=True,
            trial_name_creator=_trial_name,
            trial_dirname_creator=_trial_name,
        ),
        run_config=tune.RunConfig(
            name="trials",
            storage_path=str(run_path / TUNE),
            callbacks=[recorder],
            stop=halt,
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=LOST_AT_MOST),
            checkpoint_config=tune.CheckpointConfig(num_to_keep=1, checkpoint_at_end=False),
        ),
    )


def _trial_name(trial: Any) -> str:
    return f"trial_{number(trial)}"
