"""The journal of a run: every event in checksummed segments, on a disk or in an object store.

It must not interpret events.
"""
