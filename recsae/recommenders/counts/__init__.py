"""Recommenders that learn nothing but counts: what any trained one has to beat. Loads no torch."""

BASELINES: tuple[str, ...] = ("Popularity", "MarkovChain")
