"""Runs a search: strategy, journal, trials and record, put together in Ray Tune."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from ray import tune

from recsae.progress import say
from recsae.results import DEV, Files, States, resume_command
from recsae.search.engine import events
from recsae.search.engine.budgets import Budget, seconds_before
from recsae.search.engine.director import Director, Listener
from recsae.search.engine.event_checks import checked
from recsae.search.engine.events import Event
from recsae.search.engine.failures import EQUAL_FAILURES
from recsae.search.engine.history import History
from recsae.search.journal.folders import FOLDER as JOURNAL
from recsae.search.journal.journal import Journal
from recsae.search.ray import cluster
from recsae.search.ray.adapters import (
    DirectorCallback,
    DirectorSearcher,
    DirectorStopper,
    resources_of,
    tune_config,
)
from recsae.search.ray.allocation import allocate
from recsae.search.ray.checkpoints import delete_if_ended
from recsae.search.ray.faults import RETRIES, Faults, fit
from recsae.search.ray.gpus.memory import measured_requirement
from recsae.search.ray.interrupt import Interrupt, InterruptError
from recsae.search.ray.plan import Plan, SearchOutcome, View
from recsae.search.ray.resources import Allocation
from recsae.search.ray.trainable import WORK, SearchTrainable, Work
from recsae.search.ray.wait_notice import WaitNotice
from recsae.search.record.arrivals import Arrivals
from recsae.search.record.best_by_expected import BestByExpected
from recsae.search.record.best_models import BestModels
from recsae.search.record.display import shown
from recsae.search.record.recorder import RunRecord
from recsae.search.record.tensorboard import TensorBoard
from recsae.search.samplers.warm_start import WarmTrial
from recsae.search.strategies import (
    expected_values_for,
    strategy_for,
)
from recsae.space import SearchSpace
from recsae.storage.keepers import WAITING
from recsae.storage.places import delete_all

TUNE: Final = ".tune"
"""Folder in a run for what Ray Tune writes; nothing in it is ever read, it goes at the end."""


def run_search(
    space: SearchSpace,
    activations: Path,
    run_path: Path,
    *,
    workers: int | None = None,
    address: str | None = None,
    trial_factory: str | None = None,
    shared_cache: str | None = None,
    min_trials: int = 0,
    warm: Sequence[WarmTrial] = (),
    about: dict[str, Any] | None = None,
    listeners: Sequence[Listener] = (),
    view: View | None = None,
) -> SearchOutcome:
    """Search a space over stored activations, in a run's folder that `results.create` made.

    A folder with a journal is taken up where it was left. workers: trials at once, by default what
    the cluster offers. A first Ctrl-C ends the search with what there is. min_trials: so many have
    ended before the space's `max_hours` is over. about: what the journal notes of this driver.
    listeners: told of each event, past ones first. view: what is drawn meanwhile. Raises
    PausedError, or what the disk said, for a fault of the machine that goes on: the folder is then
    as after a kill.
    """
    plan = Plan(
        space,
        activations,
        strategy_for(space, warm),
        Budget.of(space.search, min_trials=min_trials),
        workers,
        address,
        trial_factory,
        shared_cache,
        may_give_up=True,
        listeners=listeners,
        view=view,
    )
    return run_plan(plan, run_path.resolve(), about or {})


def run_plan(plan: Plan, run_path: Path, about: dict[str, Any]) -> SearchOutcome:
    """Run a plan's trials in a folder, from its journal on if there is one."""
    interrupt = Interrupt(run_path / Files.STOP, resume_command(plan.run or run_path))
    with Journal.open(run_path) as journal:
        past = list(checked(journal.past(), run_path / JOURNAL))
        for note in journal.notes:
            say(note)
        journal.append({"kind": events.BEGUN, "at": time.time(), **about})
        with interrupt.on_ctrl_c(), cluster.cluster(plan.address):
            work = plan.work(run_path)
            try:
                allocation = _allocation(plan, work, interrupt)
            except InterruptError:
                return SearchOutcome(True, None, Allocation(plan.space.resources.cpus, 0.0))
            # Only now is it known whether trials run on a GPU.
            work = replace(work, device=allocation.device, threads=allocation.threads)
            gpus = cluster.gpu_types() if allocation.gpus else ""
            search = _Search(plan, run_path, work, allocation, interrupt)
            director = search.run(journal, past)
    over, failure = _why_over(plan, director, interrupt), None
    if not interrupt.requested and (failure := director.failure) is not None:
        over = f"the first {EQUAL_FAILURES} trials failed alike"
        say(
            f"{over}: {failure}; nothing else has come of it, so the search ends here; "
            f"mend it, and --resume {run_path.name} goes on"
        )
    return SearchOutcome(interrupt.requested, over, allocation, failure, gpus)


def _allocation(plan: Plan, work: Work, interrupt: Interrupt) -> Allocation:
    return allocate(
        plan.space.resources,
        plan.space.trials,
        plan.workers,
        partial(measured_requirement, plan.space, work, interrupt),
        own=plan.address is None,
    )


def _why_over(plan: Plan, director: Director, interrupt: Interrupt) -> str | None:
    """Return which budget beside the number of trials is spent, or why nothing is left to try."""
    over = director.budget.over(director.history)
    full = len(director.history) >= plan.budget.trials
    if over or full or interrupt.requested:
        return over
    return plan.strategy.over(director.history)


@dataclass(frozen=True)
class _Search:
    """A plan whose trials have their resources."""

    plan: Plan
    run_path: Path
    work: Work
    allocation: Allocation
    interrupt: Interrupt

    def run(self, journal: Journal, past: Sequence[Event]) -> Director:
        """Run the trials to the end of the search, or to a Ctrl-C; return their director."""
        plan, record = self.plan, self._record()
        director = self._director(record, journal, past)
        # Old events fill the rows; none of them is shown in TensorBoard again.
        with record.replaying():
            director.replay(past)
        self.arrivals.replayed()
        if not plan.strategy.exact:
            say(f"{plan.space.search.sampler} goes on otherwise than it would have without a stop")
        # Should anything be raised below, what has not ended is shown as paused: it can go on.
        left = States.PAUSED
        try:
            whole, view = plan.space.trials, self._view()
            with shown(plan.title, whole, record, view) as show, cluster.silence():
                fit(self._tuner(director, record, show))
            if self.interrupt.cause is not None:
                raise self.interrupt.cause
            if director.finished:
                left = States.PRUNED
                delete_all(self.work.checkpoints)
        finally:
            record.close(left)
            for leftover in (TUNE, WAITING):
                shutil.rmtree(self.run_path / leftover, ignore_errors=True)
        return director

    def _capacity(self) -> Callable[[], int]:
        """Return what tells how many trials may run at once."""
        workers = self.plan.workers
        return (
            (lambda: workers) if workers is not None else cluster.ClusterCapacity(self.allocation)
        )

    def _view(self) -> Callable[[], Any] | None:
        view, capacity = self.plan.view, self._capacity()
        return None if view is None else lambda: view(self.allocation.words, capacity())

    def _record(self) -> RunRecord:
        space, best = self.plan.space, self.plan.best_models
        board = TensorBoard(self.run_path / Files.TENSORBOARD)
        board.experiment(space, [DEV + name for name in space.objectives])
        kind = BestByExpected if space.selects_by_expected else BestModels
        best = best or kind(self.run_path, space.objectives, space.constraints)
        return RunRecord(self.run_path, best, board)

    def _director(self, record: RunRecord, journal: Journal, past: Sequence[Event]) -> Director:
        # A budget in hours holds for all drivers of a search together.
        before = seconds_before(past)
        leftovers = partial(delete_if_ended, self.work.checkpoints)
        return Director(
            self.plan.strategy,
            History(self.plan.space.objectives),
            replace(self.plan.budget, devices=self.allocation.devices, seconds_before=before),
            journal=journal,
            listeners=[self.arrivals.on_event, record.on_event, leftovers, *self.plan.listeners],
            may_give_up=self.plan.may_give_up,
            expected=expected_values_for(self.plan.space),
        )

    @cached_property
    def arrivals(self) -> Arrivals:
        """What brings models here, before they are judged."""
        return Arrivals(self.run_path)

    def _tuner(self, director: Director, record: RunRecord, show: Callable[[], None]) -> tune.Tuner:
        allocation, config = self.allocation, {WORK: vars(self.work)}
        searcher = DirectorSearcher(director, self._capacity(), config, allocation.gpus)
        faults = Faults(director, self.interrupt)
        notice = WaitNotice(allocation.words)
        return tune.Tuner(
            tune.with_resources(SearchTrainable, partial(resources_of, allocation.cpus)),
            tune_config=tune_config(searcher),
            run_config=tune.RunConfig(
                name="trials",
                storage_path=str(self.run_path / TUNE),
                callbacks=[DirectorCallback(record, show, notice, faults)],
                stop=DirectorStopper(director, searcher, self.interrupt, faults),
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=RETRIES),
                checkpoint_config=tune.CheckpointConfig(num_to_keep=1, checkpoint_at_end=False),
            ),
        )
