"""SASRec_SAE: the plain TopK autoencoder."""

from recsae.sae.base import SAESettings, Variant


class TopK(Variant):
    """The shared autoencoder with nothing added."""

    name = "SASRec_SAE"
    Settings = SAESettings
