"""When a search is over because more of it gains nothing: noise between seeds, repeats.

It must not stop single trials (`schedulers` do) or count budgets (`engine` does).
"""
