"""Which columns are the user, the item and the time, and their cells as events: ids, filters.

It must not open files.
"""
