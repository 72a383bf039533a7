"""What a GPU of the cluster is asked before and beside trials: memory of a trial, one-off tasks.

It must not run trials.
"""
