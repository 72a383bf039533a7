"""What each command does, as functions that return a plain dict (what `--json` prints).

They must not parse flags or print results.
"""
