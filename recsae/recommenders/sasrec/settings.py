"""Settings of the shared SASRec; this file loads without torch."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from recsae.recommenders.training.settings import NextItemSettings
from recsae.settings import KeyedValueError


class SASRecSettings(NextItemSettings):
    """The base recommender; names and defaults are the original's (RecSAE) where it has them."""

    num_layers: Annotated[int, Field(ge=1, le=1000)] = 2
    """Transformer blocks."""
    num_heads: Annotated[int, Field(ge=1)] = 4
    """Attention heads a block; must divide emb_size."""
    temperature: Annotated[float, Field(ge=0)] = 0.0
    """Score items by their cosine with the state over this temperature; 0: by the dot product."""

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> Self:
        if self.emb_size % self.num_heads:
            raise KeyedValueError(
                "num_heads", f"expected a divisor of emb_size {self.emb_size}, got {self.num_heads}"
            )
        return self
