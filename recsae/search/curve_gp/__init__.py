"""The experimental sampler `ours`: one Gaussian process over settings and epochs.

Nothing but its own tests may need this folder; the registry finds it by its name if it is there.
"""
