"""Matched cosine of dictionaries: order does not count, sign and direction do."""

import itertools

import numpy as np
import pytest

from recsae.metrics.concepts.agreement import agreement, beyond_chance


def atoms(seed: int, count: int = 6, width: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, width))


def test_the_same_atoms_in_another_order_and_length_agree() -> None:
    a = atoms(0)
    assert agreement(a, 3 * a[::-1]) == (pytest.approx(1.0), 1.0)


def test_an_opposite_atom_is_another() -> None:
    a = np.eye(3)
    assert agreement(a, -a).cosine == 0.0  # matched crosswise, as 0 is more than -1


def test_by_hand() -> None:
    a, b = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.6, 0.8], [1.0, 0.0]])
    assert agreement(a, b).cosine == pytest.approx((0.8 + 1.0) / 2)
    assert agreement(a, b).same == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_no_other_matching_is_better(seed: int) -> None:
    a, b = atoms(seed, 5), atoms(seed + 100, 5)
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]
    cosine = unit[0] @ unit[1].T
    best = max(cosine[range(5), list(p)].mean() for p in itertools.permutations(range(5)))
    assert agreement(a, b).cosine == pytest.approx(best)
    assert agreement(b, a).cosine == pytest.approx(best)


def test_a_smaller_dictionary_is_matched_whole() -> None:
    a = atoms(1)
    assert agreement(a, a[[4, 2]]).cosine == pytest.approx(1.0)
    assert np.isnan(agreement(a, a[:0]).cosine)


def test_beyond_chance_is_one_for_the_same_and_zero_for_others() -> None:
    a = atoms(1, 300, 8)
    assert beyond_chance(a, a[::-1]) == pytest.approx(1.0)
    assert beyond_chance(a, atoms(2, 300, 8)) == pytest.approx(0.0, abs=0.05)
    half = np.concatenate([a[:150], atoms(3, 150, 8)])
    assert beyond_chance(half, a) == pytest.approx(0.5, abs=0.05)
    assert np.isnan(beyond_chance(np.ones((3, 1)), np.ones((4, 1))))
