"""How a space file is written: YAML with the line of each key, and the classes that read its parts.

It must not draw, or know of a SearchSpace.
"""
