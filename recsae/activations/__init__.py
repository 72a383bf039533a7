"""Hidden states of a frozen recommender, stored once: settings, extraction, store, names.

It must not know autoencoders or searches, and nobody writes to what is stored.
"""
