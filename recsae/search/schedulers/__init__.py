"""Which trials go on: the schedulers that a space may name, a file each.

They must not import Ray or read a clock. With several objectives trials are ranked by
non-dominated sorting (`fronts`), with one in plain order (`ranking`).
"""
