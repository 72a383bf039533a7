"""Ray Tune around a director: cluster, resources, trials in processes, checkpoints, interrupts.

It must not decide anything about trials, and no other folder imports ray.
"""
