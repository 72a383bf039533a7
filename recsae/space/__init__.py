"""A space file → SearchSpace: parameters, conditions, priors, constraints, schema, shipped files.

The only reader of a space. It must not import torch, ray, optuna, results or search.
"""
