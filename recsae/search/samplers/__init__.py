"""Which settings the next trial gets: the samplers that a space may name, a file each.

They must not depend on anything but the events, the seed of the search and the trial's number.
Beside them: initial points, priors, and what earlier searches teach.
"""
