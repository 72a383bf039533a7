"""What a run shows while it runs: rows, curves, best models, TensorBoard.

It listens to the director, and must not decide anything.
"""
