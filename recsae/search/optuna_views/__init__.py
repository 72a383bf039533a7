"""A run's frames in Optuna's terms: past trials, importance, export.

It must not take part in a search.
"""
