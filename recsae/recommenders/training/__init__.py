"""What is shared by the recommenders that are trained here: early stopping, next-item losses.

It must not know any single recommender, or where a base is stored.
"""
