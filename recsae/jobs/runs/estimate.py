"""`tune --dry_run`: what a search will take, by measuring one trial of its middle settings."""

import os
import resource
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import torch

from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.jobs.runs.places import Where
from recsae.jobs.search_start import may_use_gpu, prepare
from recsae.results import Columns, storage_root
from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.scoring import Evaluator
from recsae.search.engine.director import TrialRun
from recsae.search.simulation.curves import Curve
from recsae.search.simulation.simulator import simulate
from recsae.search.strategies import rungs_for, strategy_for
from recsae.space import SearchSpace
from recsae.space.unit import from_unit

_WARM_UP, _STEPS = 3, 20
_SIMULATED: Final = 5
"""Searches, each with other luck; their mean is told."""
_FOREVER: Final = 1e12
_AROUND_SECONDS: Final = 30.0
"""Of what is around the trials: Ray and its first processes, the scores and the page at the end. As
on two cores; not measured here."""
_PAGE_BYTES, _EPOCH_BYTES = 5_000_000, 4_000
"""Of the page, and of what the frames, the journal and TensorBoard keep of an epoch."""


@dataclass(frozen=True)
class _Cost:
    """What a trial takes, in seconds and bytes."""

    epoch: float
    """Of an epoch with its usual scoring."""
    deep: float
    """Of the costly measures at a rung, more than that."""
    model_bytes: int
    memory: int
    """Of its process."""


def estimate(space: SearchSpace, where: Where) -> dict[str, Any]:
    """Return trials, epochs, seconds, memory and disk that a search will take, and how it is known.

    Data, base and states are computed if they are not in the cache, where the search finds them;
    the storage is not touched. Of trials it is the middle of the space that is measured, and a
    scheduler stops them as it does where all are alike but for luck.
    """
    began, cache = time.perf_counter(), Cache.default()
    prepared = prepare(space, cache, None)
    found = prepared.space
    prepared_seconds = time.perf_counter() - began
    device = "cuda" if may_use_gpu(found, None) else "cpu"
    cost = _measured(found, Activations.open(prepared.activations_path), device)
    cores = len(os.sched_getaffinity(0))
    at_once = min(where.workers or max(1, int(cores / found.resources.cpus)), found.search.trials)
    epochs, seconds = _simulated(found, cost, at_once)
    keeps = max(1, found.search.finalists) + at_once
    return {
        "trials": found.search.trials,
        "at_once": at_once,
        "epochs": epochs,
        "seconds": round(seconds + _AROUND_SECONDS, 1),
        "memory": at_once * cost.memory,
        "disk": _PAGE_BYTES + epochs * _EPOCH_BYTES + keeps * cost.model_bytes,
        "epoch_seconds": round(cost.epoch, 4),
        "deep_seconds": round(cost.deep, 4),
        "base": {"computed": prepared.search["pretrained"]},
        "states": {"computed": prepared.extracted},
        "prepared_seconds": round(prepared_seconds, 1),
        "storage": str(storage_root(where.storage)),
    }


def estimate_lines(outcome: dict[str, Any]) -> list[str]:
    """Return an estimate as a person reads it."""
    from recsae.report.formats import duration

    made = ("computed now" if outcome[part]["computed"] else "cached" for part in _PARTS)
    known = ", ".join(f"{part} {how}" for part, how in zip(_PARTS, made, strict=True))
    one = f"an epoch of the middle settings {outcome['epoch_seconds']:.2f} s"
    return [
        f"{outcome['trials']} trials, {outcome['at_once']} at once; about {outcome['epochs']} "
        f"epochs, {duration(outcome['seconds'])}",
        f"memory {outcome['memory'] / 1e9:.1f} GB, disk {outcome['disk'] / 1e6:.0f} MB",
        f"measured: {one}, costly measures {outcome['deep_seconds']:.2f} s",
        f"before the trials: {known} ({duration(outcome['prepared_seconds'])})",
        f"nothing is written to {outcome['storage']}",
    ]


_PARTS: Final = ("base", "states")


def _measured(space: SearchSpace, activations: Activations, device: str) -> _Cost:
    """Train and score an autoencoder of the middle settings for some steps."""
    torch.set_num_threads(max(1, int(space.resources.cpus)))
    drawn = space.suggest(partial(from_unit, share=0.5))
    settings, kind = space.settings_for(drawn), variant(drawn[Columns.MODEL_NAME])
    rows = Rows(*activations.rows(settings.sae_positions))
    trainer = SAETrainer(kind, settings, rows, order_seed=space.search.seed, device=device)
    model, evaluator = trainer.model, Evaluator(activations, "dev", device=device)
    steps = -(-len(rows.x_ND) // settings.sae_batch_size)
    taken = min(_STEPS, steps)
    trainer.epoch(_WARM_UP)
    evaluator.measure(model, False)
    step = _seconds(lambda: trainer.epoch(taken)) / taken
    plain = _seconds(lambda: evaluator.measure(model, False))
    deep = _seconds(lambda: evaluator.measure(model, True))
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    memory = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return _Cost(steps * step + plain, max(0.0, deep - plain), size, memory)


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@dataclass(frozen=True)
class _Alike:
    """Trainings that cost the same and differ by luck alone."""

    space: SearchSpace
    cost: _Cost
    rungs: tuple[int, ...]

    def training(self, trial: TrialRun, salt: int) -> Curve:
        """Return a curve that rises to the trial's own level, with as much noise."""
        epochs = int(trial.settings["sae_epochs"])
        draw = np.random.default_rng([salt, trial.trial_id])
        number = np.arange(1, epochs + 1)
        rises = draw.normal() + 1 - np.exp(-number / 3) + draw.normal(size=epochs)
        deep = np.isin(number, [*self.rungs, epochs])
        seconds = self.cost.epoch + self.cost.deep * deep
        ways = {name: rises if way == "max" else -rises for name, way in self._objectives.items()}
        return Curve(np.asarray(seconds, np.float64), ways)

    @property
    def _objectives(self) -> dict[str, str]:
        return dict(self.space.objectives)


def _simulated(space: SearchSpace, cost: _Cost, at_once: int) -> tuple[int, float]:
    """Return the epochs and seconds of a search of which the production code decides."""
    drawn = replace(space, search=type(space.search).of({**space.search.values(), **_PLAIN}))
    runs = [
        simulate(
            strategy_for(drawn),
            _Alike(space, cost, rungs_for(drawn)),
            at_once,
            min(_FOREVER, 3600 * (space.search.max_hours or _FOREVER)),
            objectives=space.objectives,
            trials=space.search.trials,
            cpu=lambda: 0.0,
            seed=salt,
        )
        for salt in range(_SIMULATED)
    ]
    epochs = sum(len(run.reports) for run in runs) / _SIMULATED
    return round(epochs), sum(run.ended for run in runs) / _SIMULATED


_PLAIN: Final = {"sampler": "random", "decide_by": "observed", "select_by": "observed"}
"""What proposes is not asked how long it takes."""
