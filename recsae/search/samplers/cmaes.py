"""The evolution strategy CMA-ES, of Optuna."""

from typing import ClassVar

from optuna import samplers

from recsae.search.samplers.optuna_adapter.evolutionary import Evolutionary


class CMAESSampler(Evolutionary):
    """Learns the covariance of good numbers (CMA-ES); choices are drawn at random."""

    name = "cmaes"
    one_objective = True
    stateful = True
    knows_constraints: ClassVar[bool] = False

    def optuna_sampler(self, seed: int) -> samplers.BaseSampler:
        """Return Optuna's sampler."""
        return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
