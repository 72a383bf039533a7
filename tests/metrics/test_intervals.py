"""The bootstrap: exact where it can be, covering where it should, alike in any chunks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recsae.metrics import intervals as module
from recsae.metrics.intervals import RESAMPLES, Interval, intervals

VALUES = arrays(np.float64, st.integers(1, 40), elements=st.floats(-5, 5))


def interval(
    values: np.ndarray, resamples: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> Interval:
    """Return the interval of one measure over all users."""
    ((found,),) = intervals(values[:, None], resamples=resamples, seed=seed, level=level)
    return found


@given(VALUES)
def test_the_mean_is_inside_and_both_ends_among_the_values(values: np.ndarray) -> None:
    found = interval(values, resamples=200)
    assert found.mean == pytest.approx(values.mean(), abs=1e-12)
    assert values.min() - 1e-9 <= found.low <= found.high <= values.max() + 1e-9


@given(VALUES, st.floats(-3, 3))
def test_a_shift_shifts_it(values: np.ndarray, shift: float) -> None:
    plain, moved = interval(values, resamples=100), interval(values + shift, resamples=100)
    assert moved == pytest.approx([end + shift for end in plain], abs=1e-9)


def test_no_difference_and_one_resample_have_no_width() -> None:
    assert interval(np.zeros(50)) == (0.0, 0.0, 0.0)
    one = interval(np.arange(50), resamples=1)
    assert one.mean == 24.5 and one.low == one.high


@pytest.mark.parametrize(("level", "deviations"), [(0.95, 1.96), (0.5, 0.6745)])
def test_its_width_is_that_of_the_normal_law(level: float, deviations: float) -> None:
    values = np.random.default_rng(1).normal(size=2000)
    found = interval(values, level=level)
    half = deviations * values.std() / np.sqrt(len(values))
    assert found.high - found.mean == pytest.approx(half, rel=0.1)
    assert found.mean - found.low == pytest.approx(half, rel=0.1)


def test_it_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    samples = rng.normal(0.3, 1.0, size=(400, 150))
    inside = [
        found.low <= 0.3 <= found.high
        for number, sample in enumerate(samples)
        for found in [interval(sample, resamples=400, seed=number)]
    ]
    assert 0.91 <= np.mean(inside) <= 0.98  # 95 % but for the luck of 400 samples


def test_pairing_helps() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(size=500)
    ours = base + 0.05 + 0.1 * rng.normal(size=500)
    paired = interval(ours - base)
    assert paired.low > 0
    assert paired.high - paired.low < 0.2 * (interval(ours).high - interval(ours).low)


def test_groups_have_their_own_means_and_wider_intervals() -> None:
    values = np.random.default_rng(4).normal(size=(300, 2))
    few = np.arange(300) < 30
    nobody = np.zeros(300, bool)
    found = intervals(values, [np.ones(300, bool), few, nobody])
    for measure in range(2):
        assert found[1][measure].mean == pytest.approx(values[:30, measure].mean())
        widths = [group[measure].high - group[measure].low for group in found[:2]]
        assert widths[1] > 2 * widths[0]
        assert all(np.isnan(found[2][measure]))
    assert found[0][0] == interval(values[:, 0])


def test_the_seed_decides_and_the_memory_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5).normal(size=70)
    whole = interval(values)
    assert interval(values) == whole != interval(values, seed=1)
    monkeypatch.setattr(module, "CHUNK_BYTES", 8 * 70 * 7)  # seven resamples at a time
    assert interval(values) == pytest.approx(whole, abs=1e-12)
