"""Sparse autoencoders on any [N, d] array: one model, one training loop, one form on disk.

It must not know recommenders, data sets or searches.
"""
