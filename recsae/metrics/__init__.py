"""Metrics: tensors in, numbers out.

They must not read files, or know variants and searches.
"""

CUTOFFS = (5, 10, 20)
"""The k of NDCG@k and HR@k in every table."""
WIDE_CUTOFF = 50
"""The k of a further HR@k, for groups whose NDCG@10 is near its floor."""
