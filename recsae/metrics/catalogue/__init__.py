"""The metrics, a file a family: a class each, with its name, meaning, direction and computation.

They must not load torch before they are computed, and leave to metrics/ what several share.
"""
