"""BPR-MF: a vector for each user and each item. Shapes: R rows, U users, I items, D width."""

from typing import final

import torch
from torch import Tensor, nn

from recsae.recommenders.bprmf.settings import BPRMFSettings
from recsae.recommenders.recommender import StoredRecommender


@final
class BPRMF(StoredRecommender):
    """A user's state is the vector that was learnt from the training items, at any time.

    A user without training items has the mean of the others' vectors.
    """

    trained_U: Tensor

    def __init__(self, settings: BPRMFSettings, n_items: int, n_users: int) -> None:
        super().__init__()
        self.users = nn.Embedding(n_users, settings.emb_size)
        self.items = nn.Embedding(n_items, settings.emb_size)
        self.register_buffer("trained_U", torch.zeros(n_users, dtype=torch.bool))
        for table in (self.users, self.items):
            nn.init.normal_(table.weight, std=0.1)

    def states(self, user_R: Tensor, event_R: Tensor | None) -> Tensor:
        """Return the users' vectors [R, D]."""
        known_UD = self.users.weight[self.trained_U]
        trained_R1 = self.trained_U[user_R].unsqueeze(1)
        return torch.where(trained_R1, self.users(user_R), known_UD.mean(0))

    def item_table(self) -> Tensor:
        """Return the item vectors [I, D]."""
        table_ID: Tensor = self.items.weight
        return table_ID
