"""The simulator by hand: what happens when, and what becomes of a trial whose curve ends."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from recsae.results import States
from recsae.search.engine.director import TrialRun
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial, StartTrial, Step
from recsae.search.simulation.curves import Curve
from recsae.search.simulation.simulator import START, SimulatedRun, simulate

WORKERS = 2


@dataclass
class Scripted:
    """Starts trials of two epochs; pauses the first once, and lets it go on when told to."""

    pauses: bool = False
    waiting: list[int] = field(default_factory=list)

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        if not may_ask:
            return ResumeTrial(self.waiting.pop()) if self.waiting else None
        return StartTrial("SASRec_SAE", {}, {"number": trial_id}, 2)

    def judge(self, history: History, trial: Trial) -> Decision:
        if self.pauses and trial.trial_id == 0:
            self.waiting.append(0)
            return Decision.PAUSE
        return Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None:
        pass


class Fixed:
    """Trainings with 1, 1.5 and 1 seconds an epoch."""

    def training(self, trial: TrialRun, salt: int) -> Curve:
        seconds = np.full(2, [1.0, 1.5, 1.0][trial.settings["number"]])
        return Curve(seconds, {"ndcg@10": np.array([0.1, 0.2]), "leak": np.zeros(2)})


class Ends(Fixed):
    """The same, but the curve of the first ends after one epoch."""

    def __init__(self, error: str | None) -> None:
        self.error = error

    def training(self, trial: TrialRun, salt: int) -> Curve:
        curve = super().training(trial, salt)
        if trial.trial_id:
            return curve
        metrics = {name: values[:1] for name, values in curve.metrics.items()}
        return Curve(curve.seconds[:1], metrics, self.error)


def _run(strategy: Any, seconds: float = 100.0, think: float = 0.0, of: Any = None) -> SimulatedRun:
    used, of = iter(np.arange(10**6) * think), of or Fixed()
    return simulate(strategy, of, WORKERS, seconds, trials=3, cpu=lambda: float(next(used)))


def test_a_schedule_that_was_computed_by_hand() -> None:
    reports = [(one.trial_id, one.epochs, round(one.at, 9)) for one in _run(Scripted()).reports]
    assert START == 0.12
    assert reports == [
        (0, 1, 1.12),
        (1, 1, 1.62),
        (0, 2, 2.12),
        (1, 2, 3.12),
        (2, 1, 3.24),
        (2, 2, 4.24),
    ]


def test_a_paused_trial_goes_on_from_its_epoch_and_starts_up_again() -> None:
    reports = [(one.trial_id, one.epochs, round(one.at, 9)) for one in _run(Scripted(True)).reports]
    # 0 pauses at 1.12; 2 takes its place, to end at 3.24; 1 ends at 3.12, and 0 goes on.
    assert reports == [
        (0, 1, 1.12),
        (1, 1, 1.62),
        (2, 1, 2.24),
        (1, 2, 3.12),
        (2, 2, 3.24),
        (0, 2, 4.24),
    ]


def test_what_the_driver_thinks_passes_on_the_clock() -> None:
    run = _run(Scripted(), think=0.25)
    # Two answers are given before anything trains: the second trial starts at .5.
    assert [round(one.at, 9) for one in run.reports[:2]] == [1.37, 2.12]
    assert run.thinking == pytest.approx(
        0.25 * (6 + 3 + 3)
    )  # reports, starts, and nothing to start


def test_the_budget_ends_the_search_but_not_without_an_answer() -> None:
    run = _run(Scripted(), seconds=1.5)
    states = {one.trial_id: one.became for one in run.reports}
    assert states == {0: States.COMPLETE, 1: States.PRUNED}
    assert run.ended == pytest.approx(2.12)


@pytest.mark.parametrize("pauses", [False, True])
@pytest.mark.parametrize(("error", "unknown"), [(None, [0]), ("it broke", [])])
def test_a_trial_whose_curve_ends_leaves_its_place(
    pauses: bool, error: str | None, unknown: list[int]
) -> None:
    run = _run(Scripted(pauses), of=Ends(error))
    assert run.unknown == unknown
    reports = [(one.trial_id, one.epochs, round(one.at, 9)) for one in run.reports]
    # 2 starts in the place of 0 at 1.12, whether 0 has paused, has failed or is unknown.
    assert reports == [(0, 1, 1.12), (1, 1, 1.62), (2, 1, 2.24), (1, 2, 3.12), (2, 2, 3.24)]
    assert run.intervals[0] == (0.0, 1.12)


def test_a_metric_that_was_not_measured_is_not_reported() -> None:
    curve = Curve(np.ones(2), {"ndcg@10": np.array([0.1, 0.2]), "leak": np.array([np.nan, 0.0])})
    assert curve.at(1) == {"ndcg@10": 0.1} and curve.at(2) == {"ndcg@10": 0.2, "leak": 0.0}
