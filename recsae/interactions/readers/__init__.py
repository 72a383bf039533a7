"""The formats of logs, a file each: how one is recognised and how it is read.

It must load without pandas; a new format is a file with a `Reader`, and nothing else.
"""
