"""Bayesian optimization by a Gaussian process, of Optuna."""

from optuna import samplers

from recsae.search.samplers.optuna_adapter.model_based import ModelBased


class GPSampler(ModelBased):
    """Learns a Gaussian process over the parameters that all trials have.

    The other parameters are drawn at random.
    """

    name = "gp"
    learns_from_others = True

    def optuna_sampler(self, seed: int) -> samplers.BaseSampler:
        """Return Optuna's sampler."""
        return samplers.GPSampler(seed=seed, warn_independent_sampling=False)
