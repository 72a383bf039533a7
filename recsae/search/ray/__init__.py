"""Ray Tune around a director: the cluster, resources, trials in processes, checkpoints, interrupts.

The only folder that imports ray; everything that decides is elsewhere.
"""
