"""The model of the recommender, apart from what must load without torch."""

import torch
from torch import Tensor

from recsae.recommenders.recommender import SequenceRecommender


class MeanModel(SequenceRecommender):
    """A state is the mean of the vectors of the items so far."""

    max_len = 20

    def __init__(self, size: int, n_items: int) -> None:
        super().__init__()
        self.items = torch.nn.Embedding(n_items, size)

    def hidden(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the running means [B, L, D]."""
        counts_L1 = torch.arange(1, items_BL.shape[1] + 1, device=items_BL.device).unsqueeze(1)
        return self.items(items_BL).cumsum(1) / counts_L1

    def last(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the means [B, D] of whole histories."""
        rows_B = torch.arange(len(lengths_B), device=items_BL.device)
        return self.hidden(items_BL, lengths_B)[rows_B, lengths_B - 1]

    def item_table(self) -> Tensor:
        """Return the item vectors."""
        return self.items.weight
