"""ReChorus' SASRec: its model and its checkpoint files.

It must not train, and runs no code of a file.
"""
