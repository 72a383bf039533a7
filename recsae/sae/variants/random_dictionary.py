"""SASRec_SAE_Random: the plain autoencoder over a dictionary that is drawn and never trained.

A control (arXiv 2602.14111): on common scores such dictionaries nearly match trained ones, so what
training the atoms is good for is what an autoencoder shows beyond this one.
"""

from recsae.sae.base import SAESettings, Variant


class RandomDictionary(Variant):
    """Unit atoms as drawn; encoder and biases are trained."""

    name = "SASRec_SAE_Random"
    Settings = SAESettings
    frozen_dictionary = True
    control = True
