"""The variants, a file each, which joins by its `name`.

A file must not load torch when it is imported.
"""
