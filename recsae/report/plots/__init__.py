"""The figures of a run's page, one file each.

They must not read anything but frames, or compute results.
"""
