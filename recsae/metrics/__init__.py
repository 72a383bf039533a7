"""Metrics: tensors in, numbers out. It must not know autoencoders, files or searches."""

CUTOFFS = (5, 10, 20)
"""The k of NDCG@k and HR@k in every table."""
WIDE_CUTOFF = 50
"""The k of a further HR@k, for groups whose NDCG@10 is near its floor."""
