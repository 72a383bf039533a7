"""The command line: parse flags, call one job, print. It must not compute."""
