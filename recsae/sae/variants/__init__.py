"""The variants, a file each, and what is theirs alone.

A file that defines a Variant joins by itself; it must load without torch.
"""
