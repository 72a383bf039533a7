"""A space file → SearchSpace: parameters, conditions, priors, constraints, schema, shipped files.

It must not import torch, ray, optuna, results or search; nothing else reads a space.
"""
