"""What is done with a saved model: found, it encodes, recommends, explains, steers, is exported.

It must not train an autoencoder, or score targets by a measure of its own.
"""
