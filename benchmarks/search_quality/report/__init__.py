"""Figures of the runs of a contest: summaries, charts, text and one page.

It must not run a search.
"""
