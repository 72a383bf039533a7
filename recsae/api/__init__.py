"""What a notebook or a program calls: search, go on, open, draw.

It must not decide or compute anything: it calls the jobs that the command line calls.
"""
