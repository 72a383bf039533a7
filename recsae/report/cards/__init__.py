"""The page that goes with a model that is handed on, in Markdown.

It must not score, or read anything but what it is given.
"""
