"""What is explained: recommenders in the cache, trained here or imported; one folder a recommender.

It must not know autoencoders, trials or searches.
"""
