"""Recommenders that only count, which any trained one has to beat. They must not load torch."""

BASELINES: tuple[str, ...] = ("Popularity", "MarkovChain")
