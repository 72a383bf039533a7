"""The states of a frozen recommender, stored once: settings, extraction, store, names.

Trials only read them. It must not know autoencoders or searches.
"""
