"""What commands do around the folders of runs and the cache: where they lie, who searches in them.

It must not search.
"""
