"""Simulated searches that go by expected scores: what the Director is told, what is answered."""

from collections.abc import Mapping

import numpy as np
import pytest

from benchmarks.search_quality.answers import answers
from benchmarks.search_quality.expected_values import RUNGS, ByExpected, Point, told_by
from benchmarks.search_quality.tables import EPOCHS
from recsae.results import States
from recsae.search.simulation.simulator import GOES_ON, SimulatedRun, TrialReport

NOISE = 0.003
COUNT = 60


def _metrics(truth: float, luck: float) -> dict[str, float]:
    """Return a report whose FVU tells the score without its luck."""
    return {"ndcg@10": truth + luck, "fvu": float(np.exp(-100 * truth)), "l0": 4.0, "leak": 0.0}


def _trainings() -> tuple[np.ndarray, list[dict[str, float]]]:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.12, 0.13, COUNT)
    luck = NOISE * rng.standard_normal(COUNT)
    return truth, [_metrics(*both) for both in zip(truth.tolist(), luck.tolist(), strict=True)]


class _Told:
    """A Director that only notes what it is told."""

    def __init__(self) -> None:
        self.scores: list[float] = []

    def report(
        self, trial_id: int, epochs: int, seconds: float, metrics: Mapping[str, float]
    ) -> bool:
        """Note the score."""
        self.scores.append(metrics["ndcg@10"])
        return True


def test_expected_scores_see_through_the_luck() -> None:
    truth, reports = _trainings()
    found = told_by([Point.of(one) for one in reports])
    observed = np.array([one["ndcg@10"] for one in reports])
    assert np.sqrt(np.mean((found - truth) ** 2)) < 0.5 * np.sqrt(np.mean((observed - truth) ** 2))


def test_the_director_is_told_expected_scores_at_rungs_alone() -> None:
    truth, reports = _trainings()
    told = _Told()
    driver = ByExpected(told)  # type: ignore[arg-type]
    for number, metrics in enumerate(reports):
        for epochs in (RUNGS[0], RUNGS[0] + 1):
            assert driver.report(number, epochs, 1.0, metrics) == GOES_ON
    at_rungs, between = np.array(told.scores[::2]), np.array(told.scores[1::2])
    observed = np.array([one["ndcg@10"] for one in reports])
    assert (between == observed).all()
    late = slice(COUNT // 2, None)  # the first have too few before them
    assert at_rungs[:5] == pytest.approx(observed[:5])
    assert np.abs(at_rungs[late] - truth[late]).mean() < 0.5 * np.abs(observed - truth)[late].mean()


def test_stopped_trials_help_to_choose_among_the_complete_ones() -> None:
    truth, reports = _trainings()
    complete = np.argsort(-truth)[:6]
    lucky = max(complete, key=lambda i: reports[i]["ndcg@10"])
    run = SimulatedRun(
        reports=[
            TrialReport(
                float(i),
                i,
                EPOCHS if i in complete else 1,
                metrics,
                States.COMPLETE if i in complete else States.PRUNED,
            )
            for i, metrics in enumerate(reports)
        ]
    )
    [observed], [expected] = (
        answers(run, np.array([float(COUNT)]), selects) for selects in ("complete", "expected")
    )
    assert observed == lucky
    assert expected is not None
    assert truth[expected] > truth[lucky]
