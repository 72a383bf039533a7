"""The experimental sampler `ours`: a Gaussian process over settings and epochs that also decides.

Without this folder all else must work, so the rest of a search must not import it.
"""
