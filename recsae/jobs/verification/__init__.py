"""`verify RUN`: a run is sealed, and held against its journal, its seal and its scores.

It must not change a run.
"""
