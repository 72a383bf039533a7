"""The figures of a run's page, one file each.

They must read frames alone, and compute no results.
"""
