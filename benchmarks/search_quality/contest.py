"""Runs what the plan says, in several processes, and keeps a row for each search."""

import importlib.util
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from benchmarks.search_quality.answers import World, answers, fronts, world
from benchmarks.search_quality.plan import (
    LONGEST,
    METHODS,
    ONE_EPOCH_KEEP,
    ONE_EPOCH_TRIALS,
    TRAININGS,
    WORKERS,
    Contest,
    Method,
    space_for,
)
from recsae.progress import meter
from recsae.results import States
from recsae.search.simulation.simulator import UNLIMITED, Clock, SimulatedRun, drive, simulate
from recsae.search.strategies import expected_values_for, strategy_for
from recsae.space import SearchSpace

Result = TypeVar("Result")


class Task(NamedTuple):
    """One search, or one for each budget if the method must know it."""

    contest: Contest
    table: str
    method: Method
    seed: int


def tasks(
    tables: Sequence[str],
    seeds: int,
    slow: bool = False,
    names: Sequence[str] = (),
    contests: Sequence[str] = ("one", "two"),
) -> Iterator[Task]:
    """Yield what is to be run; of the methods only `names`, if some are given."""
    for contest, methods in METHODS.items():
        for method in methods:
            left_out = method.slow and not slow and method.name not in names
            if contest not in contests or left_out or not possible(method):
                continue
            if not method.runs_of and (not names or method.name in names):
                for table in tables:
                    for seed in range(seeds):
                        yield Task(contest, table, method, seed)


def possible(method: Method) -> bool:
    """Return True if what a method needs is installed."""
    return method.library != "syne" or importlib.util.find_spec("syne_tune") is not None


def run_all(run: Callable[[Any], Result], todo: Sequence[Any], processes: int) -> list[Result]:
    """Return what `run` makes of each, in this order, from several processes."""
    # Processes that start after this take it up: one thread each, so that CPU time is wall time.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, _quiet)
    with pool, meter("contest", len(todo)) as tick:
        futures = [pool.submit(run, one) for one in todo]
        for done, _ in enumerate(as_completed(futures)):
            tick(done + 1)
    return [future.result() for future in futures]


def _quiet() -> None:
    """Hide what libraries remark, above all that a busy machine draws slowly."""
    warnings.simplefilter("ignore")


def run_one(task: Task, of: World | None = None) -> pd.DataFrame:
    """Run one task: how far its answers are from the best, at each moment."""
    here = of or world(task.table)
    _warm_up(task, here)
    if not task.method.sized:
        seconds = here.budgets[-1] * (LONGEST if task.method.longer else 1)
        moments = here.times[here.times * task.method.times <= seconds * (1 + 1e-9)]
        run = _search(task, here, seconds)
        also = [m for m in METHODS[task.contest] if m.runs_of == task.method.name]
        judged = [task, *(task._replace(method=method) for method in also)]
        return pd.concat([_judged(one, here, run, moments) for one in judged], ignore_index=True)
    rows = []
    for count, seconds in zip(TRAININGS, here.budgets, strict=True):
        run = _search(task, here, seconds, count)
        rows.append(_judged(task, here, run, np.array([seconds])))
    return pd.concat(rows, ignore_index=True)


_warm: set[tuple[str, str]] = set()


def _warm_up(task: Task, here: World) -> None:
    """Let a method load its packages, once a process, so that no search is charged for that."""
    key = (task.contest, task.method.name)
    if key not in _warm:
        _warm.add(key)
        _search(task, here, here.budgets[0] / 4, TRAININGS[0])


def _search(task: Task, here: World, seconds: float, trainings: int = 0) -> SimulatedRun:
    method, surrogate = task.method, here.surrogate
    space = space_for(here.recorded.table.space, method, task.contest, task.seed)
    if method.library:
        clock = Clock()
        return drive(_library(method, space, clock, seconds), surrogate, WORKERS, clock, task.seed)
    trials = UNLIMITED
    if method.sized:
        space, trials = _sized(space, trainings)
    strategy = strategy_for(space)
    return simulate(
        strategy,
        surrogate,
        WORKERS,
        seconds,
        task.seed,
        objectives=space.objectives,
        trials=trials,
        expected=expected_values_for(space),
    )


def _sized(space: SearchSpace, trainings: int) -> tuple[SearchSpace, int]:
    """Return the space of "all one epoch, then the best" for a budget, and the trials to start."""
    keep = round(ONE_EPOCH_KEEP * trainings)
    scheduler = type(space.scheduler).of({**space.scheduler.values(), "keep": keep})
    return replace(space, scheduler=scheduler), ONE_EPOCH_TRIALS * trainings


def _library(method: Method, space: SearchSpace, clock: Clock, seconds: float) -> Any:
    from benchmarks.search_quality.libraries import Stock, Syne

    return {"stock": Stock, "syne": Syne}[method.library](space, clock, seconds)


def _judged(task: Task, here: World, run: SimulatedRun, moments: Any) -> pd.DataFrame:
    # With `times` larger budgets, an answer counts as if it had come so many times earlier.
    asked = moments * task.method.times
    settings = run.settings
    if task.contest == "one":
        chosen = answers(run, asked, task.method.selects)
        known = sorted({c for c in chosen if c is not None})
        values = dict(zip(known, here.regrets([settings[c] for c in known]), strict=True))
        missed = [here.nothing if c is None else values[c] for c in chosen]
    else:
        sets = fronts(run, asked)
        volumes = {s: here.lost_volume([settings[c] for c in s]) for s in set(sets)}
        missed = [volumes[s] for s in sets]
    labels = {"contest": task.contest, "table": task.table, "method": task.method.name}
    ended = [one.became == States.COMPLETE for one in run.reports]
    return pd.DataFrame(
        {
            **labels,
            "seed": task.seed,
            "at": moments,
            "missed": np.array(missed, "float64"),
            "trials": len(settings),
            "complete": sum(ended),
            "epochs": len(run.reports),
            "thinking": run.thinking,
            "ended": run.ended,
        }
    )
