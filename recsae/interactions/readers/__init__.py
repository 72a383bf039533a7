"""The formats of logs, a file each: how one is recognised and how it is read.

A reader must not interpret ids, times or filters, which are the same for all formats; this file
must load none of them. A new format is a file with a `Reader`, and nothing else.
"""
