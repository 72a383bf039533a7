"""What a package may add to recsae, one of each kind, as small as it can be.

It must not need anything but recsae; `pyproject.toml` says what is found by which name.
"""
