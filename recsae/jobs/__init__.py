"""What each command does, as functions that return a plain dict (what `--json` prints)."""
