"""The posterior of the Gaussian process: means and variances, given the observed curves."""

import math
from copy import copy
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from recsae.search.curve_gp.gaussian_process import (
    COMMON,
    JITTER,
    Covariance,
    Kernel,
    Observations,
    distances,
    logistic,
    matern52,
    squared_gaps,
    trial_correlation,
)
from recsae.search.curve_gp.unit_cube import Array


class Query(NamedTuple):
    """Values to be known: of settings at some epochs."""

    features: Array
    """[query, feature]."""
    walk: Array
    """[query]: 0 at the end of training."""
    age: Array
    """[query]: logarithm of the epochs; nothing depends on it without a trial."""
    trial: Any
    """[query]: index of the trial whose effect is part of it; -1 for none that was observed."""


class Posterior:
    """The posterior, given observed curves. Those of this search are task 0."""

    def __init__(self, seen: Observations, kernel: Kernel) -> None:
        self.seen, self.kernel = seen, kernel
        prior = Covariance.of(seen, kernel, squared_gaps(seen.features))
        self._take(cholesky(prior.total, lower=True, check_finite=False))

    def with_more(self, query: "Query", more: Observations) -> Self:
        """Return the posterior of `more`: what was observed, then the values of `query`.

        Its factor grows by a few rows, which is far cheaper than making it anew.
        """
        new = slice(len(self.seen.value), None)
        whitened = self.known(query)[1]
        pairs = np.indices((len(query.walk), len(query.walk)))
        one, other = (Query(*(part[i.ravel()] for part in query)) for i in pairs)
        own = self.prior(one, other).reshape(pairs.shape[1:]) - whitened.T @ whitened
        own[np.diag_indices_from(own)] += self.noise / more.span[new] + JITTER
        # `prior` gives no effect to a trial that was not observed, not even with itself.
        own += np.diag(np.where(query.trial < 0, self.trial_effect, 0.0))
        factor = np.zeros((len(more.value), len(more.value)))
        # Block Cholesky: the old factor stays, [whitenedᵀ, chol(own)] is added below it.
        factor[: new.start, : new.start] = self._factor
        factor[new, : new.start] = whitened.T
        factor[new, new] = cholesky(own, lower=True, check_finite=False)
        grown = copy(self)
        grown.seen = more
        grown._take(factor)
        return grown

    def _take(self, factor: Array) -> None:
        """Keep the covariance's factor, and what estimates are made of."""
        seen, self._factor = self.seen, factor
        self._alpha = cho_solve((self._factor, True), seen.value, check_finite=False)
        members = np.zeros((len(seen.value), len(seen.task)))
        members[np.arange(len(seen.value)), seen.trial] = 1.0
        self._by_trial = self._alpha @ members
        root = solve_triangular(self._factor, members, lower=True, check_finite=False)
        self._certain = root.T @ root

    @property
    def trial_effect(self) -> float:
        """Variance of a trial's effect."""
        return math.exp(self.kernel.trial_effect)

    @property
    def noise(self) -> float:
        """Variance of one evaluation."""
        return math.exp(self.kernel.noise)

    def known(self, query: Query) -> tuple[Array, Array]:
        """Return the mean and the whitened covariance with what was observed: [value, query]."""
        covariance = self._with_seen(query)
        whitened = solve_triangular(self._factor, covariance.T, lower=True, check_finite=False)
        return covariance @ self._alpha, whitened

    def ends(self, features: Array, beside: Array | None) -> tuple[Array, Array]:
        """Return means at the end, and variances; of the difference to a setting, if one is given.

        At the end nothing depends on epochs any more, so that sums over a trial's values will do:
        this is for many candidates.
        """
        g = math.exp(self.kernel.g)
        covariance = self._end_with_seen(features)
        prior = np.full(len(features), g + COMMON)
        mean = covariance @ self._by_trial
        if beside is not None:
            scale = np.exp(-self.kernel.lengths)
            alike, _ = matern52(distances(features * scale, beside[None] * scale)[:, 0])
            # The variance of a difference: the common mean cancels.
            prior = 2 * g * (1 - alike)
            covariance = covariance - self._end_with_seen(beside[None])
        # covᵀ K⁻¹ cov with K⁻¹ summed by trial once: no solve for each candidate.
        known = ((covariance @ self._certain) * covariance).sum(axis=1)
        return mean, np.maximum(prior - known, 0.0)

    def _end_with_seen(self, features: Array) -> Array:
        common = (self.seen.task == 0) * COMMON
        return np.asarray(self._matern_with_seen(features) * math.exp(self.kernel.g) + common)

    def prior(self, a: Query, b: Query) -> Array:
        """Return the covariance of two lists of queries, pair by pair, before any was observed."""
        away = (a.features - b.features) * np.exp(-self.kernel.lengths)
        matern, _ = matern52(np.sqrt((away**2).sum(axis=-1)))
        walk = np.minimum(a.walk, b.walk)
        both = ((a.trial == b.trial) & (a.trial >= 0)) * trial_correlation(a.age - b.age)
        scale = math.exp(self.kernel.g) + math.exp(self.kernel.h) * walk
        return np.asarray(matern * scale + COMMON * (1 + walk) + both * self.trial_effect)

    def _with_seen(self, query: Query) -> Array:
        """Return the covariance of queries and observed values: [query, value]."""
        seen, matern = self.seen, self._matern_with_seen(query.features)
        walk = np.minimum(query.walk[:, None], seen.walk)
        change = math.exp(self.kernel.g) + math.exp(self.kernel.h) * walk
        covariance = matern[:, seen.trial] * change
        covariance += (seen.task == 0)[seen.trial] * COMMON * (1 + walk)
        same = query.trial[:, None] == seen.trial
        trial_effect = same * trial_correlation(query.age[:, None] - seen.age) * self.trial_effect
        return np.asarray(covariance + trial_effect)

    def _matern_with_seen(self, features: Array) -> Array:
        """Return how alike settings and observed trials are: [setting, trial]."""
        scale = np.exp(-self.kernel.lengths)
        matern, _ = matern52(distances(features * scale, self.seen.features * scale))
        known = np.where(self.seen.task == 0, 1.0, logistic(self.kernel.tasks))
        return np.asarray(matern * known)
