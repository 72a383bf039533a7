"""Settings of the shared SASRec; this file loads without torch."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from recsae.settings import KeyedValueError, Settings


class SASRecSettings(Settings):
    """The base recommender; names and defaults are the original's (RecSAE) where it has them."""

    emb_size: Annotated[int, Field(ge=1)] = 64
    """Width of item embeddings and states."""
    num_layers: Annotated[int, Field(ge=1, le=1000)] = 2
    """Transformer blocks."""
    num_heads: Annotated[int, Field(ge=1)] = 4
    """Attention heads a block; must divide emb_size."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Dropout rate of embeddings and blocks."""
    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate of AdamW."""
    max_len: Annotated[int, Field(ge=2)] = 50
    """Most recent items of a history that the model sees."""
    epochs: Annotated[int, Field(ge=1)] = 20
    """Passes over the training items at most."""
    patience: Annotated[int, Field(ge=1)] = 5
    """Stop after this many epochs without a better NDCG@10 on dev."""
    batch_size: Annotated[int, Field(ge=1)] = 32
    """Windows of at most max_len items a step."""
    schedule: Literal["constant", "cosine"] = "constant"
    """How lr goes over the epochs: constant, or up for a moment, then down to 0 along a cosine."""
    loss: Literal["full", "sampled"] = "full"
    """Cross-entropy over all items, or over the target and a sample of the others."""
    negatives: Annotated[int, Field(ge=1)] = 1024
    """Items that the sampled loss draws a step, the same for all of the step's positions."""
    temperature: Annotated[float, Field(ge=0)] = 0.0
    """Score items by their cosine with the state over this temperature; 0: by the dot product."""
    base_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of initialisation, dropout and data order."""

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> Self:
        if self.emb_size % self.num_heads:
            raise KeyedValueError(
                "num_heads", f"expected a divisor of emb_size {self.emb_size}, got {self.num_heads}"
            )
        return self
