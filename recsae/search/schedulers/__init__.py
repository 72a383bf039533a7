"""Which trials go on: the schedulers that a space may name, a file each, and what they rank by.

A scheduler must not know of Ray, Optuna or a clock. With several objectives trials are ranked by
non-dominated sorting (`fronts`), with one in plain order (`ranking`).
"""
