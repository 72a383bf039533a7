"""Settings that the recommenders trained here have in common; this file loads without torch."""

from typing import Annotated, Literal

from pydantic import Field

from recsae.settings import Settings


class TrainingSettings(Settings):
    """What every recommender is trained from."""

    emb_size: Annotated[int, Field(ge=1)] = 64
    """Width of item embeddings and states."""
    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate of AdamW."""
    epochs: Annotated[int, Field(ge=1)] = 20
    """Passes over the training items at most."""
    patience: Annotated[int, Field(ge=1)] = 5
    """Stop after this many epochs without a better NDCG@10 on dev."""
    base_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of initialisation, dropout and data order."""


class NextItemSettings(TrainingSettings):
    """What a recommender is trained from that predicts each item from those before it."""

    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Dropout rate of embeddings and layers."""
    max_len: Annotated[int, Field(ge=2)] = 50
    """Most recent items of a history that the model sees."""
    batch_size: Annotated[int, Field(ge=1)] = 32
    """Windows of at most max_len items a step."""
    schedule: Literal["constant", "cosine"] = "constant"
    """How lr goes over the epochs: constant, or up for a moment, then down to 0 along a cosine."""
    loss: Literal["full", "sampled"] = "full"
    """Cross-entropy over all items, or over the target and a sample of the others."""
    negatives: Annotated[int, Field(ge=1)] = 1024
    """Items that the sampled loss draws a step, the same for all of the step's positions."""
