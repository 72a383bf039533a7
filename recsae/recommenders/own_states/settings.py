"""The sizes of own states; this file loads without torch."""

from typing import Annotated

from pydantic import Field

from recsae.settings import Settings


class OwnStatesSettings(Settings):
    """What imported states are, by their sizes."""

    emb_size: Annotated[int, Field(ge=1)]
    """Width of the states."""
    rows: Annotated[int, Field(ge=1)] = 1
    """Number of states, of train, dev and test together."""
    events: Annotated[int, Field(ge=1)] = 1
    """Number of events that the states come before, and of those that are only seen."""
