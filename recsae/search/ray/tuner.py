"""Runs a search: strategy, journal, trials and record, put together in Ray Tune."""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ray import tune

from recsae.progress import meter, say
from recsae.results import DEV, Files, States
from recsae.search.engine import events
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.failures import EQUAL_FAILURES
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Strategy
from recsae.search.journal.journal import Journal
from recsae.search.ray import cluster
from recsae.search.ray.adapters import GPUS, LegSearcher, Reporting, Watch, number
from recsae.search.ray.checkpoints import FOLDER as STATES
from recsae.search.ray.checkpoints import delete_checkpoint
from recsae.search.ray.gpu_memory import measured_need
from recsae.search.ray.interrupt import Interrupt, InterruptError
from recsae.search.ray.node_versions import own_versions
from recsae.search.ray.resources import Share
from recsae.search.ray.shares import share_of
from recsae.search.ray.trainable import WORK, SearchTrainable, Work
from recsae.search.ray.wait_notice import WaitNotice
from recsae.search.record.best_models import WAITING, BestModels
from recsae.search.record.recorder import RunRecord
from recsae.search.record.tensorboard import TensorBoard
from recsae.search.samplers.warm_start import WarmTrial
from recsae.search.stopping.noise import StopAtNoise
from recsae.search.strategies import pauses_for, rungs_for, strategy_for
from recsae.space.space import SearchSpace

TUNE = ".tune"
"""Folder in a run for what Ray Tune writes; nothing in it is ever read, it goes at the end."""
LOST_AT_MOST = 3
"""A trial whose process or node dies starts again so many times."""
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class SearchOutcome:
    """How a search ended; what it found lies in the run's folder."""

    interrupted: bool
    over: str | None
    """Which budget beside the number of trials ended it."""
    share: Share
    failing: str | None = None
    """The error that its first trials had in common, if that ended it."""
    gpus: str = ""
    """Types of the cluster's GPUs, as far as Ray knows them, if trials ran on them."""

    @property
    def machine(self) -> dict[str, Any]:
        """What trials ran on."""
        found = {"device": self.share.device, "threads": self.share.threads}
        return found | ({"type": self.gpus} if self.gpus else {})


@dataclass(frozen=True)
class Plan:
    """What a run of trials in Ray consists of, beside its folder."""

    space: SearchSpace
    activations: Path
    strategy: Strategy
    budget: Budget
    workers: int | None = None
    """Trials at once, by default what the cluster offers."""
    address: str | None = None
    trial_factory: str | None = None
    shared_cache: Path | None = None
    keeper: BestModels | None = None
    """What keeps models, by default those of the best trials."""
    what: str = "search"
    """What the progress is called."""
    may_give_up: bool = False
    """Whether it ends when its first trials all fail with the same error."""

    def work(self, run_path: Path) -> Work:
        """Return what all trials share."""
        work = Work(
            activations=str(self.activations.resolve()),
            models=str(run_path / WAITING),
            objectives=dict(self.space.objectives),
            states=str(run_path / STATES),
            rungs=rungs_for(self.space),
            pauses=pauses_for(self.space),
            order_seed=self.space.search.seed,
            versions=own_versions(),
            shared_cache=str(self.shared_cache.resolve()) if self.shared_cache else None,
        )
        return work if self.trial_factory is None else replace(work, factory=self.trial_factory)


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
    warm: Sequence[WarmTrial] = (),
    about: dict[str, Any] | None = None,
) -> SearchOutcome:
    """Search a space over stored activations, in a run's folder that `results.create` made.

    A folder with a journal is taken up where it was left. workers: trials at once, by default what
    the cluster offers. A first Ctrl-C ends the search with what there is, to be resumed some time.
    min_trials: so many have ended before the space's `max_hours` is over. about: what the journal
    notes of this driver.
    """
    budget = Budget.of(space.search, min_trials=min_trials)
    strategy = strategy_for(space, warm)
    plan = Plan(
        space,
        activations,
        strategy,
        budget,
        workers,
        address,
        trial_factory,
        shared_cache,
        may_give_up=True,
    )
    return run_plan(plan, run_path.resolve(), about or {})


def run_plan(plan: Plan, run_path: Path, about: dict[str, Any]) -> SearchOutcome:
    """Run a plan's trials in a folder, from its journal on if there is one."""
    halt = Interrupt()
    with closing(Journal.open(run_path)) as journal:
        past = list(journal.past())
        for note in journal.notes:
            say(note)
        journal.append({"kind": events.BEGUN, "at": time.time(), **about})
        with halt.on_ctrl_c(), cluster.cluster(plan.address):
            work = plan.work(run_path)
            try:
                share = _share(plan, work, halt)
            except InterruptError:
                return SearchOutcome(True, None, Share(plan.space.resources.cpus, 0.0))
            work = replace(work, device=share.device, threads=share.threads)
            gpus = cluster.gpu_types() if share.gpus else ""
            director = _search(plan, run_path, work, share, halt, journal, past)
    over = director.budget.over(director.history)
    full = len(director.history) >= plan.budget.trials
    if not (over or full or halt.asked) and isinstance(plan.strategy, StopAtNoise):
        over = plan.strategy.over(director.history)
    failing = None if halt.asked else director.failing
    if failing is not None:
        over = f"the first {EQUAL_FAILURES} trials failed alike"
        say(
            f"{over}: {failing}; nothing else has come of it, so the search ends here; "
            f"mend it, and --resume {run_path.name} goes on"
        )
    return SearchOutcome(halt.asked, over, share, failing, gpus)


def _share(plan: Plan, work: Work, halt: Interrupt) -> Share:
    return share_of(
        plan.space.resources,
        plan.space.search.trials,
        plan.workers,
        partial(measured_need, plan.space, work, halt),
        own=plan.address is None,
    )


def _search(
    plan: Plan,
    run_path: Path,
    work: Work,
    share: Share,
    halt: Interrupt,
    journal: Journal,
    past: Sequence[Event],
) -> Director:
    board = TensorBoard(run_path / Files.TENSORBOARD)
    board.experiment(plan.space, [DEV + name for name in plan.space.objectives])
    keeper = plan.keeper or BestModels(run_path, plan.space.objectives, plan.space.constraints)
    record = RunRecord(run_path, keeper, board)
    budget = replace(plan.budget, devices=share.devices, seconds_before=hours_before(past) * 3600)
    director = Director(
        plan.strategy,
        History(plan.space.objectives),
        budget,
        journal=journal,
        listeners=[record.happened, partial(_sweep, Path(work.states))],
        may_give_up=plan.may_give_up,
    )
    with record.replaying():
        director.replay(past)
    if not plan.strategy.exact:
        say(f"{plan.space.search.sampler} goes on otherwise than it would have without a stop")
    left = States.PAUSED
    try:
        with meter(plan.what, plan.space.search.trials) as tick, cluster.silence():
            _tuner(plan, run_path, work, share, director, record, tick, halt).fit()
        if director.finished:
            left = States.PRUNED
            shutil.rmtree(work.states, ignore_errors=True)
    finally:
        record.close(left)
        for leftover in (TUNE, WAITING):
            shutil.rmtree(run_path / leftover, ignore_errors=True)
    return director


def hours_before(past: Iterable[Event]) -> float:
    """Return the hours that earlier drivers of a search took, by the times of their events."""
    seconds, began, last = 0.0, None, 0.0
    for event in past:
        if event["kind"] == events.BEGUN:
            seconds += 0.0 if began is None else last - began
            began = event["at"]
        last = event["at"]
    return (seconds + (0.0 if began is None else last - began)) / 3600


def _sweep(states: Path, event: Event, trial: Trial) -> None:
    """Delete the state of a trial that has ended."""
    if trial.ended:
        delete_checkpoint(states, trial.trial_id)


def _tuner(
    plan: Plan,
    run_path: Path,
    work: Work,
    share: Share,
    director: Director,
    record: RunRecord,
    tick: Callable[[int, str], None],
    halt: Interrupt,
) -> tune.Tuner:
    workers = plan.workers
    slots = (lambda: workers) if workers is not None else cluster.Offer(share)
    searcher = LegSearcher(director, slots, {WORK: vars(work)}, share.gpus)
    return tune.Tuner(
        tune.with_resources(SearchTrainable, partial(_bundle, share.cpus)),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            num_samples=-1,  # until the searcher says that it has finished
            max_concurrent_trials=UNLIMITED,  # else Ray lets one wait; the searcher counts
            reuse_actors=True,
            trial_name_creator=_trial_name,
            trial_dirname_creator=_trial_name,
        ),
        run_config=tune.RunConfig(
            name="trials",
            storage_path=str(run_path / TUNE),
            callbacks=[Watch(director, record, tick, WaitNotice(share.words))],
            stop=Reporting(director, searcher, halt),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=LOST_AT_MOST),
            checkpoint_config=tune.CheckpointConfig(num_to_keep=1, checkpoint_at_end=False),
        ),
    )


def _bundle(cpus: float, config: Mapping[str, Any]) -> tune.PlacementGroupFactory:
    """Return what a leg holds."""
    gpus = {"GPU": config[GPUS]} if config.get(GPUS) else {}
    return tune.PlacementGroupFactory([{"CPU": cpus, **gpus}])


def _trial_name(trial: Any) -> str:
    return f"trial_{number(trial)}"
