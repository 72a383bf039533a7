"""What the `space` commands do: check, show, compare, begin a space file.

They must not search, or load torch or Ray.
"""
