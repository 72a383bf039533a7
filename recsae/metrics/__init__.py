"""Measures: tensors in, dict[str, float] out.

They must not read files, or know variants and searches.
"""

CUTOFFS = (5, 10, 20)
"""The k of NDCG@k and HR@k in every table."""
WIDE_CUTOFF = 50
"""The k of a further HR@k, for groups whose NDCG@10 is near its floor."""
DEEP = frozenset(
    {
        *("ndcg@10_code", "ndcg@10_permuted", "ndcg@10_zeroed", "leak_rank"),
        *("kl", "overlap@10", "coherence", "coherence_mean"),
    }
)
"""Measures that cost several rankings: taken in a trial's last epoch and of a saved model."""
