"""What the terminal answers: what a run found, how it was asked for, which runs there are.

They must not compute what frames do not hold.
"""
