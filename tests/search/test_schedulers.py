"""Schedulers: what a space names decides, on our own epochs and our own signed objective."""

from typing import Any

import pytest
from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler

from recsae.search.reports import epoch_report
from recsae.search.schedulers import rungs, scheduler_for
from recsae.search.space import SearchSpace, space_of

CONTINUE, STOP = TrialScheduler.CONTINUE, TrialScheduler.STOP


class RayTrial:
    def __init__(self, trial_id: int) -> None:
        self.trial_id = str(trial_id)


def space(scheduler: dict[str, Any], epochs: Any = 9, **keys: Any) -> SearchSpace:
    values = {
        "model_name": "SASRec_SAE",
        "parameters": {"sae_k": {"int": [2, 16]}, "sae_epochs": epochs},
        "objectives": {"ndcg@10": "max"},
        "scheduler": scheduler,
    }
    return space_of({**values, **keys})


def decisions(space: SearchSpace, values: list[float], epoch: int = 1) -> list[str]:
    """What happens to trials that report these values one after another at one epoch."""
    scheduler = scheduler_for(space)
    metric = next(iter(space.objectives))
    found = []
    for number, value in enumerate(values):
        trial: Any = RayTrial(number)
        scheduler.on_trial_add(None, trial)
        report = epoch_report(epoch, 1.0, {metric: value}, space.objectives, False)
        found.append(scheduler.on_trial_result(None, trial, report))
    return found


def test_asha_stops_the_weaker_trials_at_a_rung() -> None:
    asha = space({"name": "asha", "grace_epochs": 1, "reduction_factor": 3})
    assert isinstance(scheduler_for(asha), ASHAScheduler)
    assert decisions(asha, [0.3, 0.2, 0.1, 0.4]) == [CONTINUE, STOP, STOP, CONTINUE]


def test_an_objective_that_is_better_when_less_is_turned() -> None:
    asha = space({"name": "asha"}, objectives={"fvu": "min"})
    assert decisions(asha, [0.3, 0.2, 0.1, 0.4]) == [CONTINUE, CONTINUE, CONTINUE, STOP]


def test_nothing_stops_before_the_grace_is_over() -> None:
    asha = space({"name": "asha", "grace_epochs": 3})
    assert decisions(asha, [0.3, 0.2, 0.1], epoch=2) == [CONTINUE] * 3
    assert decisions(asha, [0.3, 0.2, 0.1], epoch=3) == [CONTINUE, STOP, STOP]


def test_the_last_epoch_ends_a_trial_whatever_it_is_worth() -> None:
    asha = space({"name": "asha"}, epochs={"int": [3, 9]})
    assert decisions(asha, [0.1, 0.2], epoch=9) == [STOP, STOP]


def test_without_a_scheduler_every_trial_runs_to_its_end() -> None:
    assert decisions(space({"name": "none"}), [0.3, 0.2, 0.1]) == [CONTINUE] * 3
    assert type(scheduler_for(space({"name": "none"}))) is FIFOScheduler


@pytest.mark.parametrize(("grace", "factor"), [(1, 3), (2, 2), (4, 5), (9, 3)])
def test_a_trial_stops_early_at_a_rung_and_nowhere_else(grace: int, factor: int) -> None:
    keys = {"name": "asha", "grace_epochs": grace, "reduction_factor": factor}
    asha = space(keys, epochs=20)
    stopping = [e for e in range(1, 20) if STOP in decisions(asha, [0.9, *[0.1] * 9], epoch=e)]
    # Later than a rung, but before the next, a trial that was never seen at it is held to it too.
    assert rungs(asha)[0] == stopping[0] == grace
    assert all(e * factor in rungs(asha) for e in rungs(asha) if e * factor < 20)
    assert rungs(space({"name": "none"})) == ()


def test_a_failed_report_does_not_count_at_a_rung() -> None:
    scheduler = scheduler_for(space({"name": "asha"}))
    trial: Any = RayTrial(0)
    scheduler.on_trial_add(None, trial)
    scheduler.on_trial_complete(None, trial, {"epochs": 1, "state": "FAILED"})
    other: Any = RayTrial(1)
    scheduler.on_trial_add(None, other)
    report = epoch_report(1, 1.0, {"ndcg@10": -9.0}, {"ndcg@10": "max"}, False)
    assert scheduler.on_trial_result(None, other, report) == CONTINUE
