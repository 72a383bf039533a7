"""Judging and statistics: by hand, by brute force, and against scipy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from benchmarks.search_quality.answers import answers, fronts, hypervolume
from benchmarks.search_quality.report.outcome import Outcome, _reached
from benchmarks.search_quality.tables import EPOCHS
from recsae.results import States
from recsae.search.simulation.simulator import GOES_ON, SimulatedRun, TrialReport

BUDGETS = {"a": (4.0, 8.0)}


def _report(
    at: float, trial: int, epochs: int, ndcg: float, became: str, l0: float = 1
) -> TrialReport:
    return TrialReport(at, trial, epochs, {"ndcg@10": ndcg, "l0": l0, "leak": 0.0}, became)


def test_answers_over_time() -> None:
    run = SimulatedRun(
        reports=[
            _report(1, 0, 1, 0.5, States.PRUNED),
            _report(2, 1, 1, 0.3, GOES_ON),
            _report(3, 2, 1, 0.4, States.PAUSED),
            _report(4, 1, EPOCHS, 0.1, States.COMPLETE),
            _report(5, 2, EPOCHS, 0.2, States.COMPLETE),
        ]
    )
    moments = np.array([0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
    assert answers(run, moments, "complete") == [None, None, 1, 2, 1, 2]
    assert answers(run, moments, "last") == [None, 0, 0, 0, 0, 0]


def test_the_front_holds_what_nothing_is_as_good_as() -> None:
    whole = States.COMPLETE
    run = SimulatedRun(
        reports=[
            _report(1, 0, EPOCHS, 0.3, whole, l0=4),
            _report(2, 1, EPOCHS, 0.3, whole, l0=3),
            _report(3, 2, EPOCHS, 0.2, whole, l0=2),
            _report(4, 3, EPOCHS, 0.2, whole, l0=5),
            _report(5, 4, 1, 0.9, States.PRUNED, l0=1),
        ]
    )
    assert [set(f) for f in fronts(run, np.array([1.0, 2.0, 9.0]))] == [{0}, {1}, {1, 2}]


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=6))
def test_hypervolume_counts_the_cells_that_are_covered(points: list[tuple[int, int]]) -> None:
    more, less = np.array(points, float).T
    cells = [(x, y) for x in range(9) for y in range(2, 10)]  # least 2, most 9
    covered = [any(b <= x and a >= y + 1 for a, b in points) for x, y in cells]
    assert hypervolume(more, less, 2.0, 9.0) == pytest.approx(sum(covered))


def _outcome(curves: dict[str, np.ndarray]) -> Outcome:
    rows = [
        {"table": "a", "method": method, "seed": seed, "at": at, "missed": value}
        for method, matrix in curves.items()
        for seed, row in enumerate(matrix)
        for at, value in zip((1.0, 2.0, 4.0, 8.0, 16.0), row, strict=True)
    ]
    return Outcome.of(pd.DataFrame(rows), BUDGETS)


def test_an_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=(20, 5))
    found = _outcome({"m": values}).mean("a", "m", 1)
    theirs = bootstrap((values[:, 3],), np.mean, method="percentile", rng=1).confidence_interval
    width = theirs.high - theirs.low
    assert found.value == pytest.approx(values[:, 3].mean())
    assert found.low == pytest.approx(theirs.low, abs=0.05 * width)
    assert found.high == pytest.approx(theirs.high, abs=0.05 * width)


def test_a_gap_that_is_the_same_for_every_seed_is_certain() -> None:
    values = np.random.default_rng(0).random((20, 5))
    gap = _outcome({"m": values + 0.5, "n": values}).gap("a", "m", "n", 0)
    assert gap == pytest.approx((0.5, 0.5, 0.5))


def test_the_mean_gap_is_that_over_budgets() -> None:
    ones = np.ones((4, 5))
    more = ones + np.array([0, 0, 0.2, 0.6, 0])  # budgets end at 4 and 8
    found = _outcome({"m": more, "n": ones}).mean_gap("m", "n")
    assert found == pytest.approx((0.4, 0.4, 0.4))


def test_ranks_by_hand() -> None:
    ones = np.ones((3, 5))
    ranks = _outcome({"best": 0 * ones, "tied": ones, "too": ones}).ranks(["best", "tied", "too"])
    assert ranks["best"] == (1.0, 1.0, 1.0)
    assert ranks["tied"] == ranks["too"] == (2.5, 2.5, 2.5)


def test_when_a_goal_is_reached() -> None:
    moments = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    curves = np.array(
        [
            [9, 1, 1, 1, 1],  # from 2 on
            [1, 9, 1, 1, 1],  # came back above at 2: from 4 on
            [9, 9, 9, 9, 1],  # only after the budget
            [9, 9, 9, 9, 9],  # never: the last moment
            [1, 1, 1, 1, 1],  # at once
        ],
        float,
    )
    found = _reached(curves, np.full(5, 2.0), moments, budget=3)
    assert found.tolist() == [2.0, 4.0, 16.0, 16.0, 1.0]


def test_a_method_that_is_twice_as_early_has_a_time_ratio_of_a_half() -> None:
    falling = np.array([[5.0, 4.0, 3.0, 2.0, 1.0]]).repeat(20, axis=0)
    earlier = np.array([[4.0, 3.0, 2.0, 1.0, 0.5]]).repeat(20, axis=0)
    ratio = _outcome({"ours": earlier, "stock": falling}).time_ratio("ours", "stock")
    assert ratio.overall == pytest.approx((0.5, 0.5, 0.5))
    assert ratio.each["a", 0] == pytest.approx((0.5, 0.5, 0.5))
