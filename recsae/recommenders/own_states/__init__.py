"""States of a recommender that stays elsewhere: arrays, checked, with the data they belong to.

It must not train, or run what a file holds.
"""
