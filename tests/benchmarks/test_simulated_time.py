"""The simulator: what happens when, how much at once, and that a search repeats."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from made_table import made_world

from benchmarks.search_quality.plan import ONE_OBJECTIVE, space_for
from benchmarks.search_quality.simulator import START, SimulatedRun, simulate
from benchmarks.search_quality.surrogate import Curve
from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial, StartTrial, Step
from recsae.search.strategies import strategy_for

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

    def curve(self, settings: Any, salt: int = 0) -> Curve:
        seconds = np.full(2, [1.0, 1.5, 1.0][settings["number"]])
        return Curve(seconds, {"ndcg@10": np.array([0.1, 0.2]), "leak": np.zeros(2)})


def _run(strategy: Any, seconds: float = 100.0, think: float = 0.0) -> SimulatedRun:
    used = iter(np.arange(10**6) * think)
    return simulate(strategy, Fixed(), WORKERS, seconds, trials=3, cpu=lambda: float(next(used)))


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


@pytest.mark.parametrize(
    "name", ["asha + random", "tpe + asha_promote", "one epoch, then the best"]
)
def test_laws_of_a_simulated_search(name: str) -> None:
    one, again = _search(name), _search(name)
    assert one.reports == again.reports
    assert one.settings == again.settings
    clock = [report.at for report in one.reports]
    assert clock == sorted(clock)
    began, ended = np.array(one.intervals).T
    at_once = [int(((began <= t) & (t < ended)).sum()) for t in began]
    assert max(at_once) == WORKERS
    by_trial: dict[int, list[int]] = {}
    for report in one.reports:
        by_trial.setdefault(report.trial_id, []).append(report.epochs)
    assert all(epochs == list(range(1, len(epochs) + 1)) for epochs in by_trial.values())


def _search(name: str) -> SimulatedRun:
    world = made_world()
    method = next(m for m in ONE_OBJECTIVE if m.name == name)
    space = space_for(world.recorded.table.space, method, "one", 5)
    return simulate(
        strategy_for(space), world.surrogates[0], WORKERS, 40.0, trials=30, cpu=lambda: 0.0
    )
