"""Tables of a rung: kept up step by step, they stand as if everything were sorted anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search.naive_rules import first, fronts

from recsae.search.schedulers.fronts import Fronts
from recsae.search.schedulers.ranking import Ranking
from recsae.search.schedulers.rung_table import RungTable, rung_table

SIZES = st.integers(1, 40)


def drawn(objectives: int, size: int, seed: int, levels: int) -> list[tuple[float, ...]]:
    values = np.random.default_rng(seed).integers(0, levels, (size, objectives)) / levels
    return [tuple(row) for row in values.tolist()]


def filled(points: list[tuple[float, ...]]) -> RungTable:
    there = rung_table(len(points[0]))
    for number, point in enumerate(points):
        there.add(number, point)
    return there


@pytest.mark.parametrize("objectives", [1, 2, 3])
class TestAnyTable:
    @given(size=SIZES, seed=st.integers(0, 999), levels=st.sampled_from([2, 5, 1000]))
    @settings(max_examples=60, deadline=None)
    def test_those_that_wait_are_found_best_first(
        self, objectives: int, size: int, seed: int, levels: int
    ) -> None:
        points = drawn(objectives, size, seed, levels)
        there = filled(points)
        rng = np.random.default_rng([seed, 1])
        waiting = {int(i) for i in rng.choice(size, rng.integers(0, size + 1), replace=False)}
        for number in waiting:
            there.hold(number, True)
        for quota in range(size + 1):
            assert there.first(quota) == first(points, waiting, quota)
            with_last = first(points, waiting | {size - 1}, quota)
            assert there.first(quota, also=size - 1) == with_last
        for number in waiting:
            there.hold(number, True)  # twice is once
            there.hold(number, False)
        assert there.first(size) is None and len(there) == size

    @given(size=SIZES, seed=st.integers(0, 999), levels=st.sampled_from([2, 5, 1000]))
    @settings(max_examples=60, deadline=None)
    def test_how_many_are_ahead(self, objectives: int, size: int, seed: int, levels: int) -> None:
        *points, other = drawn(objectives, size + 1, seed, levels)
        sorted_ = fronts([*points, other])
        own = next(i for i, front in enumerate(sorted_) if size in front)
        assert filled(points).ahead(other) == sum(len(front) for front in sorted_[:own])


@given(size=SIZES, seed=st.integers(0, 999), levels=st.sampled_from([3, 1000]))
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("factor", [2, 3, 4, 7])
def test_one_value_survives_as_by_the_percentile(
    factor: int, size: int, seed: int, levels: int
) -> None:
    points = drawn(1, size + 1, seed, levels)
    there = filled(points)
    for number, (value,) in enumerate(points):
        others = [v for i, (v,) in enumerate(points) if i != number]
        cut = np.percentile(others, (1 - 1 / factor) * 100)
        assert there.survives(number, factor) == (value >= cut)


def test_the_only_one_survives() -> None:
    for objectives in (1, 2):
        assert filled([(0.5,) * objectives]).survives(0, 3)


def test_fronts_by_hand() -> None:
    there = Fronts(2)
    for number, point in enumerate([(1, 1), (0, 2), (3, 0), (2, 2), (0, 0), (4, 4)]):
        there.add(number, point)
    # (4,4) | (2,2) (3,0) | (1,1) (0,2) | (0,0)
    assert [there.ahead(point) for point in [(5, 5), (4, 4), (2, 3), (1, 1), (0, 0)]] == [
        *(0, 0, 1, 3, 5),
    ]


def test_a_front_is_spread_whatever_the_scale_of_an_objective() -> None:
    # On a line: the end that is best in the first objective, the other end, the one between.
    points = [(0.0, 3000.0), (0.1, 2900.0), (1.4, 1600.0), (2.9, 100.0), (3.0, 0.0)]
    there = filled(points)
    for number in range(5):
        there.hold(number, True)
    found = []
    for _ in points:
        best = there.first(5)
        assert best is not None
        found.append(best)
        there.hold(best, False)
    assert found[:3] == [4, 0, 2]


def test_a_tie_goes_to_the_older_trial() -> None:
    there = Ranking()
    for number in (2, 0, 1):
        there.add(number, (0.5,))
        there.hold(number, True)
    assert [there.first(quota) for quota in range(3)] == [None, 0, 0]


def test_those_that_were_stopped_do_not_keep_an_end_of_the_front_from_others() -> None:
    there = Fronts(2)
    # The first goes on; 1, the far end, finds no place. For 4 there is one, but it is nearer to 0
    # than half of those that were stopped; 5, which is as far as 1, takes it. 6 finds none.
    ends = [1.0, 0.0, 0.9, 0.2, 0.8, 0.0, 0.1]
    survived = []
    for number, value in enumerate(ends):
        there.add(number, (value, -value))
        survived.append(there.survives(number, 4))
        there.hold(number, not survived[-1])
    assert survived == [True, False, False, False, False, True, False]


def test_a_front_that_grows_lets_its_share_go_on_from_everywhere() -> None:
    there = Fronts(2)
    values = np.random.default_rng(0).random(600)
    survived = np.zeros(600, bool)
    for number, value in enumerate(values.tolist()):
        there.add(number, (value, -value))
        survived[number] = there.survives(number, 4)
        there.hold(number, not survived[number])
    for part in (survived[:200], survived[200:400], survived[400:]):
        assert 0.2 < part.mean() < 0.27
    per_tenth = np.bincount((values[survived] * 10).astype(int), minlength=10)
    assert per_tenth.min() >= 8


def test_of_a_front_that_grows_no_more_than_the_share_ever_goes_on() -> None:
    there, gone = Fronts(2), 0
    for number, value in enumerate(np.random.default_rng(0).random(300).tolist()):
        there.add(number, (value, -value))
        there.hold(number, True)
        while (best := there.first((number + 1) // 3)) is not None:
            there.hold(best, False)
            gone += 1
        assert gone == (number + 1) // 3
