"""A saved autoencoder put to use: codes of histories, recommendations, latents, steering.

It must not train, score targets or look for models, and of the latents it tells nothing of test.
"""
