"""Searches in simulated time, on curves that are known: the production Director on a clock.

It must not train, and nothing in it decides about trials: that is left to engine and schedulers.
"""
