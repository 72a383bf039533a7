"""When a search is over because more of it gains nothing: noise between seeds, repeats.

Budgets are in `engine`; single trials are stopped in `schedulers`.
"""
