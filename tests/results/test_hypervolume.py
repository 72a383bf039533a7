"""The hypervolume, by hand and by counting cells, after each point."""

from itertools import pairwise, product
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.results.hypervolume import hypervolumes


def volumes(costs: Any, reference: list[float]) -> list[float]:
    array = np.asarray(costs, dtype=np.float64).reshape(-1, len(reference))
    return list(hypervolumes(array, np.asarray(reference, dtype=np.float64)))


@pytest.mark.parametrize(
    ("costs", "reference", "expected"),
    [
        ([], [1, 1], []),
        ([[3], [1], [2]], [5], [2, 4, 4]),
        ([[1, 1]], [3, 3], [4]),
        ([[1, 2], [2, 1], [2, 2]], [3, 3], [2, 3, 3]),
        ([[2, 2], [1, 2], [1, 1]], [3, 3], [1, 2, 4]),
        ([[1, 1], [1, 1]], [3, 3], [4, 4]),
        ([[1, 5], [4, 1], [3, 1]], [3, 3], [0, 0, 0]),
        ([[0, 0, 0]], [2, 2, 2], [8]),
        ([[0, 1, 1], [1, 0, 1], [1, 1, 0]], [2, 2, 2], [2, 3, 4]),
        ([[-1.5, 0.5], [-0.5, -0.5]], [0, 1], [0.75, 1.25]),
    ],
)
def test_volumes_by_hand(costs: Any, reference: list[float], expected: list[float]) -> None:
    assert volumes(costs, reference) == pytest.approx(expected)


@st.composite
def grids(draw: st.DrawFn) -> tuple[list[list[int]], int]:
    width = draw(st.integers(1, 5))
    row = st.lists(st.integers(-1, 4), min_size=width, max_size=width)
    return draw(st.lists(row, max_size=9)), width


@given(grids())
def test_each_volume_is_the_number_of_dominated_cells(grid: tuple[list[list[int]], int]) -> None:
    costs, width = grid
    found, dominated = [], set()
    for cost in costs:
        dominated |= set(product(*(range(low, 3) for low in cost)))
        found.append(len(dominated))
    assert volumes(costs, [3] * width) == pytest.approx(found)


@given(st.integers(1, 3), st.integers(0, 15), st.integers(0, 2**32 - 1))
def test_volumes_of_any_numbers_are_sums_of_slices(width: int, points: int, seed: int) -> None:
    costs = np.random.default_rng(seed).random((points, width)) * 1.2
    expected = [sliced(costs[: i + 1], [1.0] * width) for i in range(points)]
    assert volumes(costs, [1.0] * width) == pytest.approx(expected)


def sliced(costs: Any, reference: list[float]) -> float:
    """Return the volume as the sum of slices along the last objective."""
    costs = costs[(costs < reference).all(axis=1)]
    if not reference or not len(costs):
        return float(len(costs) > 0)
    cuts = [*np.sort(costs[:, -1]), reference[-1]]
    return sum(
        (end - start) * sliced(costs[costs[:, -1] <= start][:, :-1], reference[:-1])
        for start, end in pairwise(cuts)
        if end > start
    )


@pytest.mark.parametrize("width", [2, 3])
def test_a_large_front_is_done_within_the_time_of_a_test(width: int) -> None:
    """All points of a simplex's grid in any order: what sums to less is not dominated."""
    side = {2: 3999, 3: 88}[width]
    front = simplex(side, width)
    order = np.random.default_rng(0).permutation(len(front))
    assert len(front) >= 4000
    undominated = comb(side + width - 1, width)
    expected = (side + 1) ** width - undominated
    assert volumes(np.array(front)[order], [side + 1] * width)[-1] == pytest.approx(expected)


def simplex(total: int, width: int) -> list[tuple[int, ...]]:
    """Return all points of whole numbers that sum to `total`."""
    if width == 1:
        return [(total,)]
    return [
        (first, *rest) for first in range(total + 1) for rest in simplex(total - first, width - 1)
    ]
