"""The Gaussian process over settings and epochs, against closed forms and finite differences."""

import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

from recsae.search.curve_gp.curves import Curve, Standardised, segment, segment_ends, segments_of
from recsae.search.curve_gp.expected_improvement import expected_improvement
from recsae.search.curve_gp.gaussian_process import (
    COMMON,
    JITTER,
    Kernel,
    Observations,
    fit,
    likelihood,
)
from recsae.search.curve_gp.posterior import Posterior, Query

KERNEL = Kernel.of(np.append(np.log([0.4, 0.8, 0.9, 0.6, 0.1, 0.05]), 0.3))


def observed(tasks: tuple[int, ...] = (0, 0, 0, 1, 1)) -> Observations:
    """Curves of a few trials, some of an earlier search."""
    random = np.random.default_rng(1)
    lengths = [1, 3, 2, 4, 1]
    parts = [[segment(a, b, 9) for a, b in ((0, 1), (1, 2), (2, 3), (3, 5))[:n]] for n in lengths]
    flat = [part for own in parts for part in own]
    return Observations(
        random.random((5, 2)),
        np.array(tasks),
        np.repeat(np.arange(5), lengths),
        np.array([part.walk for part in flat]),
        np.array([part.age for part in flat]),
        np.array([part.span for part in flat]),
        random.standard_normal(len(flat)),
        residual=1.5,
        freedom=6.0,
    )


def covariance(seen: Observations, kernel: Kernel) -> np.ndarray:
    """The same, value by value, as the docstring of the module says it."""
    lengths, n = np.exp(kernel.lengths), len(seen.value)
    found = np.zeros((n, n))
    for a in range(n):
        for b in range(n):
            i, j = seen.trial[a], seen.trial[b]
            far = math.sqrt(5) * np.linalg.norm((seen.features[i] - seen.features[j]) / lengths)
            matern = (1 + far + far**2 / 3) * math.exp(-far)
            left = min(seen.walk[a], seen.walk[b])
            related = 1.0 if seen.task[i] == seen.task[j] else 1 / (1 + math.exp(-kernel.tasks))
            found[a, b] = related * matern * (math.exp(kernel.g) + math.exp(kernel.h) * left)
            found[a, b] += COMMON * (1 + left) * (seen.task[i] == seen.task[j])
            apart = abs(seen.age[a] - seen.age[b])
            found[a, b] += (i == j) * math.exp(kernel.trial_effect - apart)
            found[a, b] += (a == b) * (math.exp(kernel.noise) / seen.span[a] + JITTER)
    return found


def squares(seen: Observations) -> np.ndarray:
    """Squared differences of each feature."""
    columns = seen.features.T
    return (columns[:, :, None] - columns[:, None, :]) ** 2


def test_the_likelihood_is_that_of_a_normal_distribution() -> None:
    seen = observed()
    value, _ = likelihood(seen, KERNEL, squares(seen))
    n = len(seen.value)
    normal = multivariate_normal(np.zeros(n), covariance(seen, KERNEL)).logpdf(seen.value)
    roughness = -0.5 * (seen.freedom * KERNEL.noise + seen.residual * math.exp(-KERNEL.noise))
    assert value == pytest.approx(normal + 0.5 * n * math.log(2 * math.pi) + roughness)


def test_the_gradient_is_that_of_finite_differences() -> None:
    seen = observed()
    _, slope = likelihood(seen, KERNEL, squares(seen))
    near = approx_fprime(
        KERNEL.flat(),
        lambda flat: likelihood(seen, Kernel.of(flat), squares(seen))[0],
        1e-6,
    )
    np.testing.assert_allclose(slope, near, rtol=1e-4, atol=1e-4)


def test_estimates_are_those_of_the_conditional_distribution() -> None:
    seen = observed(tasks=(0,) * 5)
    queries = Query(np.array([[0.1, 0.9], [0.5, 0.5]]), np.zeros(2), np.zeros(2), np.full(2, -1))
    joint = Observations(
        np.vstack([seen.features, queries.features]),
        np.zeros(7),
        np.append(seen.trial, [5, 6]),
        np.append(seen.walk, queries.walk),
        np.append(seen.age, queries.age),
        np.append(seen.span, [1.0, 1.0]),
        np.append(seen.value, [0.0, 0.0]),
    )
    whole, n = covariance(joint, KERNEL), len(seen.value)
    own = math.exp(KERNEL.trial_effect) + math.exp(KERNEL.noise) + JITTER
    whole[n:, n:] -= own * np.eye(2)
    solved = np.linalg.solve(whole[:n, :n], whole[:n, n:])
    posterior = Posterior(seen, KERNEL)
    mean, known = posterior.known(queries)
    np.testing.assert_allclose(mean, seen.value @ solved)
    left = whole[n:, n:] - whole[n:, :n] @ solved
    np.testing.assert_allclose(
        posterior.prior(queries, queries) - (known**2).sum(axis=0), np.diag(left)
    )
    ends, variance = posterior.ends(queries.features, None)
    np.testing.assert_allclose(ends, mean)
    np.testing.assert_allclose(variance, np.diag(left))
    _, beside = posterior.ends(queries.features[:1], queries.features[1])
    np.testing.assert_allclose(beside, [left[0, 0] + left[1, 1] - 2 * left[0, 1]])


def test_a_posterior_of_more_values_is_that_made_anew() -> None:
    seen = observed(tasks=(0,) * 5)
    new = np.array([[0.3, 0.2], [0.9, 0.8]])
    features = np.vstack([seen.features[2:3], new])
    query = Query(
        features, np.array([0.2, 0.5, 0.0]), np.array([1.5, 0.5, 2.0]), np.array([2, -1, -1])
    )
    more = Observations(
        np.vstack([seen.features, new]),
        np.zeros(7),
        np.append(seen.trial, [2, 5, 6]),
        np.append(seen.walk, query.walk),
        np.append(seen.age, query.age),
        np.append(seen.span, [1.0, 2.0, 3.0]),
        np.append(seen.value, [0.3, -0.4, 1.0]),
    )
    grown, anew = Posterior(seen, KERNEL).with_more(query, more), Posterior(more, KERNEL)
    asked = Query(np.array([[0.4, 0.4]]), np.array([0.3]), np.array([1.0]), np.array([2]))
    for one, other in zip(grown.known(asked), anew.known(asked), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    for one, other in zip(grown.ends(new, new[0]), anew.ends(new, new[0]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_without_noise_estimates_pass_through_what_was_observed() -> None:
    seen = observed(tasks=(0,) * 5)._replace(walk=np.zeros(11), age=np.zeros(11))
    seen = seen._replace(value=seen.trial - 2.0)
    kernel = Kernel(np.log([0.5, 0.5]), 0.0, 0.0, trial_effect=-20.0, noise=-12.0)
    mean, variance = Posterior(seen, kernel).ends(seen.features, None)
    np.testing.assert_allclose(mean, np.arange(5) - 2.0, atol=1e-2)
    assert variance.max() < 1e-3


def drawn_curves(h: float, trials: int = 60) -> list[Curve]:
    """Curves whose end only the first feature moves; early values mislead by `h`."""
    random = np.random.default_rng(3)
    features = random.random((trials, 2))
    curves = []
    early = np.sin(9 * random.permutation(features[:, 0]))
    for x, misled in zip(features, early, strict=True):
        good = 2 * x[0]
        values = {
            epoch: good + h * misled * (1 / epoch - 1 / 9) + 0.05 * random.standard_normal()
            for epoch in range(1, 10)
        }
        curves.append(Curve(x, segments_of(values, 9)))
    return curves


def test_a_fit_finds_what_counts_and_how_much_early_values_say() -> None:
    faithful, misleading = (Standardised.of(drawn_curves(h)) for h in (0.05, 3.0))
    found = [fit(seen.observations, Kernel.prior(2), 60) for seen in (faithful, misleading)]
    assert found[0].lengths[0] < found[0].lengths[1]
    shares = [kernel.h - kernel.g for kernel in found]
    assert shares[1] > shares[0] + 1
    noise = math.exp(found[0].noise / 2) * faithful.spread
    assert noise == pytest.approx(0.05, rel=0.3)


def test_a_leak_at_the_end_makes_the_whole_curve_bad() -> None:
    curves = [Curve(np.zeros(1), segments_of({1: 0.5, 2: -1e9}, 4))]
    assert [part.walk for part in curves[0].segments] == [0.0]
    others = [Curve(np.ones(1), segments_of({1: value}, 4)) for value in (0.1, 0.2, 0.3)]
    values = Standardised.of([*curves, *others]).observations.value
    assert -5 < values[0] < values[1:].min()
    alone = Standardised.of([*curves, *curves]).observations.value
    assert alone[0] == alone[1] > -5


@pytest.mark.parametrize("end", range(1, 60))
def test_stretches_end_in_order_at_the_end(end: int) -> None:
    found = segment_ends(end)
    assert found[-1] == end
    assert list(found) == sorted(set(found))
    assert found[0] == 1


def test_gains_are_those_of_many_samples() -> None:
    random = np.random.default_rng(0).standard_normal(200_000)
    ahead, spread = np.array([0.3, -0.5, 0.2]), np.array([0.5, 1.0, 0.0])
    rise, probable = expected_improvement(ahead, spread)
    for i in range(3):
        drawn = np.maximum(ahead[i] + spread[i] * random, 0)
        assert rise[i] == pytest.approx(drawn.mean(), abs=5e-3)
        assert probable[i] == pytest.approx((drawn > 0).mean(), abs=5e-3)
