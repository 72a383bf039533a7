"""States by the event that they come before. S states, E events, R rows, I items, D width."""

from typing import final

import torch
from torch import Tensor

from recsae.errors import RecsaeError
from recsae.recommenders.own_states.settings import OwnStatesSettings
from recsae.recommenders.recommender import StoredRecommender


@final
class OwnStates(StoredRecommender):
    """Tables alone: there is a state where one was given, and no other."""

    states_SD: Tensor
    row_E: Tensor
    """The state before each event, -1 where none was given."""
    table_ID: Tensor

    def __init__(self, settings: OwnStatesSettings, n_items: int) -> None:
        super().__init__()
        self.register_buffer("states_SD", torch.zeros(settings.rows, settings.emb_size))
        self.register_buffer("row_E", torch.full((settings.events,), -1))
        self.register_buffer("table_ID", torch.zeros(n_items, settings.emb_size))

    def states(self, user_R: Tensor, event_R: Tensor | None) -> Tensor:
        """Return the states [R, D] before events."""
        if event_R is None:
            words = "the base is states alone, without the model that gave them"
            raise RecsaeError(f"histories: {words}; expected dev or test")
        return self.states_SD[self.row_E[event_R]]

    def item_table(self) -> Tensor:
        """Return the table [I, D] as it was given."""
        return self.table_ID
