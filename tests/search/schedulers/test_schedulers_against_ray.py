"""An oracle: what Ray's own scheduler says of the same reports in the same order."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ray.tune.schedulers import AsyncHyperBandScheduler, TrialScheduler

from recsae.search.engine import events
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial
from recsae.testing.worlds import World, scheduler_named, searched


class RayTrial:
    def __init__(self, trial_id: int) -> None:
        self.trial_id = str(trial_id)


class Oracle:
    """Listens to a search, and says what Ray would have decided."""

    def __init__(self, max_epochs: int, grace: int, factor: int) -> None:
        self.scheduler = AsyncHyperBandScheduler(
            "epochs", "value", "max", max_epochs, grace, factor
        )
        self.trials: dict[int, Any] = {}
        self.differ: list[Event] = []

    def happened(self, event: Event, after: Trial) -> None:
        if event["kind"] == events.STARTED:
            trial = self.trials[after.trial_id] = RayTrial(after.trial_id)
            self.scheduler.on_trial_add(None, trial)  # type: ignore[arg-type]
            return
        trial, decided = self.trials[after.trial_id], event["decided"]
        result = {"epochs": event["epochs"], "value": event["metrics"]["ndcg@10"]}
        if decided == "complete":  # a trial's last report goes by the scheduler's other door
            self.scheduler.on_trial_complete(None, trial, result)
            return
        said = self.scheduler.on_trial_result(None, trial, result)
        if (said == TrialScheduler.STOP) != (decided == "stop"):
            self.differ.append(event)


@pytest.mark.parametrize(("grace", "factor"), [(1, 3), (2, 2), (1, 4), (3, 3)])
@given(
    seed=st.integers(0, 9999),
    levels=st.sampled_from([4, 10_000]),
    trials=st.integers(1, 40),
    workers=st.integers(1, 5),
)
@settings(max_examples=40, deadline=None)
def test_asha_decides_as_ray_does(
    grace: int, factor: int, seed: int, levels: int, trials: int, workers: int
) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, levels, (trials, 20)) / levels
    lengths = rng.choice([20, 20, 20, 1, 3, 5], trials).tolist()
    speeds = rng.choice([1.0, 1.3, 5.0], trials).tolist()
    world = World(
        lambda i, epoch: (float(table[i, epoch - 1]),),
        epochs=lambda i: lengths[i],
        seconds=lambda i: speeds[i],
    )
    oracle = Oracle(20, grace, factor)
    rule = scheduler_named("asha", epochs=20, grace_epochs=grace, reduction_factor=factor)
    _, journal = searched(rule, world, trials, workers, listeners=[oracle.happened])
    assert not oracle.differ
    assert sum("decided" in event for event in journal) >= trials
