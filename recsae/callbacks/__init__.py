"""What a program of yours is told of a search while it runs, and nothing twice.

It must not decide anything: a search with callbacks gives the answer that it gives without.
"""
