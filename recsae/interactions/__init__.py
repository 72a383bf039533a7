"""Interaction logs of any format as one validated, frozen frame."""
