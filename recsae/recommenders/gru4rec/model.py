"""GRU4Rec (Hidasi et al., 2016): a GRU reads a user's items one after the other.

As in its later form, items are embedded, and the same table scores what comes next (Hidasi and
Karatzoglou, 2018, "constrained embeddings"). Shapes: B sequences, L their padded length, D width.
"""

from typing import final

import torch
from torch import Tensor, nn

from recsae.recommenders.gru4rec.settings import GRU4RecSettings
from recsae.recommenders.recommender import SequenceRecommender


@final
class GRU4Rec(SequenceRecommender):
    """Item embeddings, a GRU, and a linear layer back to their width."""

    def __init__(self, settings: GRU4RecSettings, n_items: int) -> None:
        super().__init__()
        self.max_len = settings.max_len
        self.items = nn.Embedding(n_items, settings.emb_size)
        self.dropout = nn.Dropout(settings.dropout)
        self.gru = nn.GRU(
            settings.emb_size, settings.hidden_size, settings.num_layers, batch_first=True
        )
        self.out = nn.Linear(settings.hidden_size, settings.emb_size)
        nn.init.xavier_normal_(self.items.weight)
        for name, weights in self.gru.named_parameters():
            (nn.init.xavier_uniform_ if name.startswith("weight") else nn.init.zeros_)(weights)

    def hidden(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return states [B, L, D].

        Padding comes last, so no valid state sees it: lengths are not read.
        """
        hidden_BLX, _ = self.gru(self.dropout(self.items(items_BL)))
        states_BLD: Tensor = self.out(self.dropout(hidden_BLX))
        return states_BLD

    def last(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the states [B, D] after the last items."""
        row_B = torch.arange(len(lengths_B), device=items_BL.device)
        return self.hidden(items_BL, lengths_B)[row_B, lengths_B - 1]

    def item_table(self) -> Tensor:
        """Return the item embeddings [I, D]."""
        table_ID: Tensor = self.items.weight
        return table_ID
