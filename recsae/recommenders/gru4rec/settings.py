"""Settings of GRU4Rec; this file loads without torch."""

from typing import Annotated

from pydantic import Field

from recsae.recommenders.training.settings import NextItemSettings


class GRU4RecSettings(NextItemSettings):
    """A recurrent recommender; what it shares with SASRec has the same names and defaults."""

    num_layers: Annotated[int, Field(ge=1, le=1000)] = 1
    """GRU layers."""
    hidden_size: Annotated[int, Field(ge=1)] = 128
    """Width of the GRU; a linear layer brings it back to emb_size."""
