"""The genetic algorithm NSGA-II, of Optuna."""

from typing import Final

from optuna import samplers

from recsae.search.samplers.optuna_adapter.evolutionary import Evolutionary

POPULATION: Final = 20
"""Trials a generation; with Optuna's 50 most searches would end in the first."""


class NSGAIISampler(Evolutionary):
    """Learns by a genetic algorithm with non-dominated sorting (NSGA-II)."""

    name = "nsgaii"
    stateful = True

    def optuna_sampler(self, seed: int) -> samplers.BaseSampler:
        """Return Optuna's sampler."""
        return samplers.NSGAIISampler(seed=seed, population_size=POPULATION)
