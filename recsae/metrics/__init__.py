"""Measures: tensors in, dict[str, float] out, nothing else."""

CUTOFFS = (5, 10, 20)
"""The k of NDCG@k and HR@k in every table."""
