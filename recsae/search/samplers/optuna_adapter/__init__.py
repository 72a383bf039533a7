"""What the samplers of Optuna share: our trials as Optuna's, models made anew, populations kept.

It must not know any one of these samplers.
"""
