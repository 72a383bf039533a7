"""The form of a run's files: types of columns, kinds of values; whatever else is one line.

It must not read files.
"""
