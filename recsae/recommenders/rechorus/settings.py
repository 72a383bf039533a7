"""Settings of ReChorus' SASRec; this file loads without torch."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from recsae.settings import KeyedValueError, Settings


class RechorusSettings(Settings):
    """What a ReChorus SASRec is built from; only heads and dropout are not in its file."""

    emb_size: Annotated[int, Field(ge=1)]
    """Width of item embeddings and states."""
    num_layers: Annotated[int, Field(ge=1)]
    """Transformer blocks."""
    num_heads: Annotated[int, Field(ge=1)]
    """Attention heads a block; must divide emb_size."""
    max_len: Annotated[int, Field(ge=1)]
    """Most recent items of a history that the model sees."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Dropout rate in training mode; scores do not depend on it."""

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> Self:
        if self.emb_size % self.num_heads:
            raise KeyedValueError(
                "num_heads", f"expected a divisor of emb_size {self.emb_size}, got {self.num_heads}"
            )
        return self
