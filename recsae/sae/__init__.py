"""Sparse autoencoders on any [N, d] array. `registry.variants()` lists them."""
