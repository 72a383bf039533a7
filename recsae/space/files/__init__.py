"""A space file read whole: the space that it says, or all of its mistakes.

It must not know YAML, or what single parts of a file mean.
"""
