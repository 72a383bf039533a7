"""The metrics, a file a family: a class each, with its name, meaning, direction and computation.

It must load without torch, which computations import.
"""
