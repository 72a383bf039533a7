"""Data sets that have a name: where each comes from, and where it lies on this machine.

It must not load pandas, read logs or use the network.
"""

from recsae.interactions.named_sets.sets import NAMED, NamedSet, Remote
