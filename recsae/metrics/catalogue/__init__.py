"""The metrics, a file a family: a class each, with its name, meaning, direction and computation.

It must not load torch when it is imported; the computations do.
"""
