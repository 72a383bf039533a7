"""AUC by ranks: by hand, against counting pairs, and what its pseudo-values promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.metrics.concepts.auc import code_aucs, column_aucs, macro_auc


def auc(score_R: np.ndarray, positive_R: np.ndarray) -> float:
    return macro_auc(score_R[:, None], positive_R[:, None]).value


def by_pairs(score_R: np.ndarray, positive_R: np.ndarray) -> float:
    better = score_R[positive_R][:, None] - score_R[~positive_R][None, :]
    return float(((better > 0) + 0.5 * (better == 0)).mean())


@st.composite
def scored(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    rows = draw(st.integers(2, 30))
    scores = draw(st.lists(st.integers(-3, 3), min_size=rows, max_size=rows))
    positive = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    positive[0], positive[1] = True, False
    return np.array(scores, float), np.array(positive)


def test_by_hand() -> None:
    score, positive = np.array([3.0, 2.0, 2.0, 1.0]), np.array([True, True, False, False])
    assert auc(score, positive) == (1 + 1 + 0.5 + 1) / 4
    assert auc(-score, positive) == 1 - 3.5 / 4
    assert auc(np.zeros(4), positive) == 0.5


@given(scored())
def test_it_counts_pairs(case: tuple[np.ndarray, np.ndarray]) -> None:
    score_R, positive_R = case
    assert auc(score_R, positive_R) == pytest.approx(by_pairs(score_R, positive_R))
    columns = column_aucs(score_R[:, None], positive_R[:, None])
    assert columns[0, 0] == pytest.approx(by_pairs(score_R, positive_R))


@given(scored())
def test_only_order_counts(case: tuple[np.ndarray, np.ndarray]) -> None:
    score_R, positive_R = case
    assert auc(np.exp(score_R) - 5, positive_R) == pytest.approx(auc(score_R, positive_R))


def random_code(seed: int, rows: int = 60, latents: int = 9, k: int = 3) -> tuple:
    rng = np.random.default_rng(seed)
    indices_RK = np.argsort(rng.random((rows, latents)), axis=1)[:, :k]
    values_RK = rng.integers(0, 4, (rows, k)).astype(np.float32)  # zeros and ties on purpose
    dense_RN = np.zeros((rows, latents))
    np.put_along_axis(dense_RN, indices_RK, values_RK.astype(float), axis=1)
    positive_RC = rng.random((rows, 4)) < 0.3
    positive_RC[0], positive_RC[1] = True, False
    return values_RK, indices_RK, dense_RN, positive_RC


@pytest.mark.parametrize("seed", range(5))
def test_a_sparse_code_is_ranked_as_a_dense_one(seed: int) -> None:
    values_RK, indices_RK, dense_RN, positive_RC = random_code(seed)
    latents = dense_RN.shape[1]
    expected = [[by_pairs(x_R, p_R) for p_R in positive_RC.T] for x_R in dense_RN.T]
    np.testing.assert_allclose(code_aucs(values_RK, indices_RK, latents, positive_RC), expected)
    np.testing.assert_allclose(column_aucs(dense_RN, positive_RC), expected)


def test_a_code_that_is_never_positive_tells_nothing() -> None:
    positive = np.array([[True], [False], [False]])
    aucs = code_aucs(np.zeros((3, 1)), np.zeros((3, 1), int), 2, positive)
    np.testing.assert_array_equal(aucs, [[0.5], [0.5]])


def test_pseudo_values_have_the_auc_as_mean_and_its_spread() -> None:
    rng = np.random.default_rng(0)
    positive_RC = rng.random((400, 3)) < 0.3
    score_RC = positive_RC + rng.normal(size=(400, 3))
    whole = macro_auc(score_RC, positive_RC)
    assert whole.pseudo_R.mean() == pytest.approx(whole.value)
    draws = rng.integers(400, size=(600, 400))
    true = [macro_auc(score_RC[rows], positive_RC[rows]).value for rows in draws]
    linear = [whole.pseudo_R[rows].mean() for rows in draws]
    assert np.corrcoef(true, linear)[0, 1] > 0.99
    assert np.std(linear) == pytest.approx(np.std(true), rel=0.05)
