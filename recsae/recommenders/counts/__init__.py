"""Recommenders that only count, which any trained one has to beat. They must not load torch."""

from typing import Final

POPULARITY: Final = "Popularity"
MARKOV_CHAIN: Final = "MarkovChain"
BASELINES: Final = (POPULARITY, MARKOV_CHAIN)
