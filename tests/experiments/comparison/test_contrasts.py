"""The bootstrap over bases, seeds and users, and Holm's correction, against plain loops."""

import numpy as np
import pytest
from comparison.analysis.contrasts import hierarchical_bootstrap, holm
from hypothesis import given
from hypothesis import strategies as st


def drawn_by_loops(difference_BSU: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The definition, a training and a user at a time."""
    rng = np.random.default_rng(seed)
    bases, seeds, users = difference_BSU.shape
    means = []
    for _ in range(draws):
        picked = rng.integers(users, size=users)
        total = []
        for base in rng.integers(bases, size=bases):
            for own in rng.integers(seeds, size=seeds):
                total.append(difference_BSU[base, own, picked].mean())
        means.append(np.mean(total))
    return np.array(means)


def differences(shape: tuple[int, int, int], spread: tuple[float, float, float]) -> np.ndarray:
    rng = np.random.default_rng(1)
    bases, seeds, users = shape
    return (
        0.3
        + spread[0] * rng.normal(size=(bases, 1, 1))
        + spread[1] * rng.normal(size=(bases, seeds, 1))
        + spread[2] * rng.normal(size=(1, 1, users))
        + 0.1 * rng.normal(size=shape)
    )


@pytest.mark.parametrize("spread", [(1.0, 0.1, 0.1), (0.1, 1.0, 0.1), (0.1, 0.1, 3.0)])
def test_it_draws_as_loops_do(spread: tuple[float, float, float]) -> None:
    difference = differences((4, 5, 40), spread)
    [interval] = hierarchical_bootstrap(difference[None], draws=4000)
    drawn = drawn_by_loops(difference, 2000, 0)
    width = np.subtract(*np.quantile(drawn, [0.975, 0.025]))
    assert interval.mean == pytest.approx(difference.mean())
    assert interval.high - interval.low == pytest.approx(width, rel=0.1)
    expected = np.quantile(drawn, [0.025, 0.975])
    assert [interval.low, interval.high] == pytest.approx(expected, abs=0.1 * width)


def test_users_are_shared_by_all_trainings() -> None:
    """What users differ in does not average out over trainings of the same users."""
    user_U = np.random.default_rng(0).normal(size=500)
    difference = np.broadcast_to(user_U, (3, 5, 500))
    [interval] = hierarchical_bootstrap(difference[None], draws=2000)
    error = user_U.std() / np.sqrt(500)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert interval.users == pytest.approx(error, rel=0.01)
    assert interval.seeds == pytest.approx(0.0, abs=1e-12)
    assert interval.bases == pytest.approx(0.0, abs=1e-12)


def test_chunks_change_nothing_and_contrasts_share_their_draws() -> None:
    difference = differences((3, 2, 50), (0.2, 0.2, 1.0))[None]
    [whole] = hierarchical_bootstrap(difference, draws=500)
    [pieces] = hierarchical_bootstrap(difference, draws=500, chunk_bytes=1)
    assert whole == pytest.approx(pieces, abs=1e-6)
    two = hierarchical_bootstrap(np.concatenate([difference, -difference]), draws=500)
    assert two[0].low == pytest.approx(-two[1].high)


def test_p_is_small_for_a_sure_difference_and_large_for_none() -> None:
    sure = 1 + 0.1 * differences((3, 5, 30), (0.1, 0.1, 0.1))
    [interval] = hierarchical_bootstrap(sure[None], draws=999)
    assert interval.p == 2 / 1000 and interval.low > 0
    [nothing] = hierarchical_bootstrap(np.zeros((1, 3, 5, 30)), draws=999)
    assert nothing.p == 1.0 and nothing.mean == nothing.low == nothing.high == 0.0


def test_one_training_has_no_spread_of_trainings() -> None:
    [interval] = hierarchical_bootstrap(np.ones((1, 1, 1, 4)), draws=10)
    assert np.isnan(interval.seeds) and np.isnan(interval.bases)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def holm_by_definition(p_values: list[float]) -> list[float]:
    count = len(p_values)
    ordered = sorted(range(count), key=lambda i: p_values[i])
    corrected = [0.0] * count
    for place, index in enumerate(ordered):
        up_to = ordered[: place + 1]
        corrected[index] = min(1, max((count - j) * p_values[i] for j, i in enumerate(up_to)))
    return corrected


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_its_definition_and_between_none_and_bonferroni(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert corrected == pytest.approx(holm_by_definition(p_values))
    for plain, own in zip(p_values, corrected, strict=True):
        assert plain <= own <= min(1.0, plain * len(p_values)) + 1e-12


def test_each_part_of_the_error_by_hand() -> None:
    mean_BS = np.array([[0.0, 2.0], [4.0, 8.0]])
    (found,) = hierarchical_bootstrap(np.repeat(mean_BS[None, :, :, None], 3, axis=3), draws=10)
    # Variances 2 and 8 between two seeds of a base, 12.5 between two bases; users are all alike.
    assert found.seeds == pytest.approx((5 / 4) ** 0.5)
    assert found.bases == pytest.approx((12.5 / 2) ** 0.5)
    assert (found.mean, found.users) == (3.5, 0.0)
