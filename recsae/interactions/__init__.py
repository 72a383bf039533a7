"""Interaction logs of any format as one validated, frozen frame.

It must not know sequences, models or splits beyond what a file itself declares.
"""
