"""Expected scores: planted relations between a noisy score and quieter measures."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal

from recsae.results.expected import (
    LEAST_TRIALS,
    Array,
    _fit,
    _refused,
    expected,
)

SEEDS = range(20)


def planted(seed: int, trials: int = 40, noise: float = 0.3) -> tuple[Array, Array, Array]:
    """Return true scores, one seed's scores and a measure that tells the true ones."""
    rng = np.random.default_rng(seed)
    measure_N1 = rng.normal(size=(trials, 1))
    true_N = -0.2 * measure_N1[:, 0]
    return true_N, true_N + noise * rng.normal(size=trials), measure_N1


def test_the_choice_is_better_and_the_value_honest_where_a_measure_tells_the_score() -> None:
    by_luck, by_fit, said = [], [], []
    for seed in SEEDS:
        true_N, score_N, measure_N1 = planted(seed)
        found = expected(score_N, measure_N1)
        by_luck.append(true_N[score_N.argmax()])
        by_fit.append(true_N[found.values_N.argmax()])
        said.append(found.values_N.max() - by_fit[-1])
    assert np.mean(by_fit) > np.mean(by_luck) + 0.1
    assert abs(np.mean(said)) < 0.1


def test_the_error_is_that_of_one_fresh_training() -> None:
    inside = []
    for seed in SEEDS:
        true_N, score_N, measure_N1 = planted(seed)
        fresh_N = true_N + 0.3 * np.random.default_rng(seed + 100).normal(size=len(true_N))
        found = expected(score_N, measure_N1)
        inside += list((abs(fresh_N - found.values_N) < found.errors_N)[found.errors_N > 0])
    assert 0.6 < np.mean(inside) < 0.76, "one standard deviation"


def test_a_measure_that_tells_nothing_leaves_the_observed_values() -> None:
    refused = 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        score_N = rng.normal(size=40)
        found = expected(score_N, rng.normal(size=(40, 1)))
        if found.why_observed:
            refused += 1
            assert np.array_equal(found.values_N, score_N) and np.isnan(found.errors_N).all()
            assert found.why_observed == "the other measures do not tell the score"
    assert refused >= 18


def test_a_measure_that_turns_round_among_the_best_is_not_followed_to_its_end() -> None:
    # The score rises with the measure and falls again: its largest value is not the best.
    rng = np.random.default_rng(0)
    measure_N = np.linspace(0, 3, 40)
    true_N = -((measure_N - 2) ** 2)
    found = expected(true_N + 0.1 * rng.normal(size=40), measure_N[:, None])
    assert not found.why_observed
    assert abs(measure_N[found.values_N.argmax()] - 2) < 0.4


def test_the_fit_is_that_of_its_definition() -> None:
    """The likeliest of all lengths and noises; each score left out is told by the others."""
    x_NF = np.random.default_rng(0).normal(size=(15, 2)) * [1.0, 50.0] + [0.0, 9.0]
    y_N = 3 + x_NF @ [0.5, 0.01] + np.random.default_rng(1).normal(size=15)
    z_NF = (x_NF - x_NF.mean(0)) / x_NF.std(0)
    middle, found = y_N.mean(), []
    for length, noise in product((1.0, 2.0, 4.0), (0.05, 0.15, 0.4, 1.0)):
        prior_NN = np.exp(-(cdist(z_NF, z_NF) ** 2) / (2 * length**2)) + (z_NF @ z_NF.T + 1) / 2
        noisy_NN = prior_NN + noise * np.eye(15)
        scale = (y_N - middle) @ np.linalg.solve(noisy_NN, y_N - middle) / 15
        law = multivariate_normal(np.full(15, middle), scale * noisy_NN)
        found.append((law.logpdf(y_N), scale, noise, prior_NN))
    _, scale, noise, prior_NN = max(found, key=lambda one: one[0])
    noisy_NN = prior_NN + noise * np.eye(15)
    fit_N = middle + prior_NN @ np.linalg.solve(noisy_NN, y_N - middle)
    left_NN = prior_NN - prior_NN @ np.linalg.solve(noisy_NN, prior_NN)
    left_out_N = []
    for n in range(15):
        rest = np.arange(15) != n
        weights = np.linalg.solve(noisy_NN[np.ix_(rest, rest)], y_N[rest] - middle)
        left_out_N.append(middle + prior_NN[n, rest] @ weights)
    expected_ = fit_N, np.sqrt(scale * (np.diag(left_NN) + noise)), left_out_N
    for ours_N, theirs_N in zip(_fit(x_NF, y_N, x_NF), expected_, strict=True):
        np.testing.assert_allclose(ours_N, theirs_N, rtol=1e-7)


@pytest.mark.parametrize(
    ("poor", "good", "bad", "last", "misleads"),
    [(3, 9, 5, 0.0, True), (3, 9, 5, 6.0, False), (2, 5, 4, 4.0, False)],
)
def test_a_fit_whose_best_third_is_below_the_median_misleads(
    poor: int, good: int, bad: int, last: float, misleads: bool
) -> None:
    """The bad ones and the last are told to be best; a mean at the median is not below it."""
    score_N = np.array([-20.0] * poor + [1.0] * good + [0.0] * bad + [last])
    told_N = np.array([-20.0] * poor + [1.0] * good + [3.0] * bad + [2.0])
    assert (
        _refused(score_N, told_N, np.zeros(len(score_N)))
        == "the other measures mislead among the best" * misleads
    )


@pytest.mark.parametrize("trials", [1, LEAST_TRIALS - 1])
def test_few_trials_keep_what_was_observed(trials: int) -> None:
    _, score_N, measure_N1 = planted(0, trials)
    found = expected(score_N, measure_N1)
    assert found.why_observed == f"fewer than {LEAST_TRIALS} alike trials"
    assert np.array_equal(found.values_N, score_N) and np.isnan(found.errors_N).all()


def test_ten_trials_are_enough() -> None:
    _, score_N, measure_N1 = planted(0, LEAST_TRIALS, noise=0.01)
    assert np.isfinite(expected(score_N, measure_N1).errors_N).sum() >= LEAST_TRIALS - 1


def test_scores_or_measures_all_alike_keep_what_was_observed() -> None:
    _, score_N, measure_N1 = planted(0)
    for scores_N, measures_NF in (
        (np.ones(40), measure_N1),
        (score_N, np.ones((40, 2))),
        (score_N, np.empty((40, 0))),
    ):
        found = expected(scores_N, measures_NF)
        assert found.why_observed == "nothing differs between the trials"
        assert np.array_equal(found.values_N, scores_N) and np.isnan(found.errors_N).all()


def test_a_trial_far_below_or_not_measured_keeps_its_value_and_moves_no_other() -> None:
    _, score_N, measure_N1 = planted(3)
    alone = expected(score_N, measure_N1)
    more = expected(np.append(score_N, [-50.0, 1.0]), np.append(measure_N1, [[0.0], [np.nan]], 0))
    assert list(more.values_N[-2:]) == [-50.0, 1.0] and np.isnan(more.errors_N[-2:]).all()
    assert np.isfinite(alone.errors_N).sum() == np.isfinite(more.errors_N).sum()


@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-5, 5))
def test_scale_place_and_order_do_not_matter(seed: int, scale: float, shift: float) -> None:
    _, score_N, measure_N1 = planted(seed, 20)
    order_N = np.random.default_rng(seed).permutation(20)
    found = expected(score_N, measure_N1)
    moved = expected(shift + scale * score_N[order_N], shift + scale * measure_N1[order_N])
    assert found.why_observed == moved.why_observed
    np.testing.assert_allclose(
        moved.values_N, shift + scale * found.values_N[order_N], atol=1e-6 * scale
    )
