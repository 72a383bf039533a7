"""Which settings the next trial gets: the samplers that a space may name, a file each.

Beside them: initial points, priors, and what earlier searches teach. Optuna may be imported here,
and Ray may not.
"""
