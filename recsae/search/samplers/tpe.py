"""The tree-structured Parzen estimator, of Optuna."""

import warnings

from optuna import samplers
from optuna.exceptions import ExperimentalWarning

from recsae.search.samplers.optuna_adapter.model_based import ModelBased


class TPESampler(ModelBased):
    """Learns densities of good and bad settings (tree-structured Parzen estimator).

    Conditional parameters are modelled in groups; else they would be drawn one by one.
    """

    name = "tpe"
    learns_from_others = True

    def optuna_sampler(self, seed: int) -> samplers.BaseSampler:
        """Return Optuna's sampler."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return samplers.TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)
