"""ReChorus' SASRec: its model and its checkpoint files.

It must not train, or run code that a file holds.
"""
