"""ReChorus' SASRec, so that a model trained there scores here as it did there.

It differs from ours: places are counted from the end of a history, layers are normed
after each sum, attention has no output projection. So a state in the middle of a window is not what
the model would score with there; each state is computed from its own history, as its last one.
Shapes: B sequences, L their padded length, D width, H heads, X width of a head, I items.
"""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from recsae.recommenders.rechorus.settings import RechorusSettings
from recsae.recommenders.recommender import SequenceRecommender


@final
class RechorusSASRec(SequenceRecommender):
    """The forward pass of ReChorus' SASRec over our item codes."""

    def __init__(self, settings: RechorusSettings, n_items: int) -> None:
        super().__init__()
        self.max_len = settings.max_len
        self.items = nn.Embedding(n_items, settings.emb_size)
        # Row 1 belongs to the most recent item; row 0, of padding, is kept as it is in the file.
        self.places = nn.Embedding(settings.max_len + 1, settings.emb_size)
        self.blocks = nn.ModuleList(_Block(settings) for _ in range(settings.num_layers))

    def hidden(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return states [B, L, D], each as if its history ended there; 0 at padding."""
        states_BLD = self.items.weight.new_zeros(*items_BL.shape, self.items.embedding_dim)
        for end in range(1, items_BL.shape[1] + 1):
            (long_B,) = torch.nonzero(lengths_B >= end, as_tuple=True)
            lengths = torch.full_like(long_B, end)
            states_BLD[long_B, end - 1] = self.last(items_BL[long_B, :end], lengths)
        return states_BLD

    def last(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the state [B, D] after the last item of each sequence."""
        step_L = torch.arange(items_BL.shape[1], device=items_BL.device)
        place_BL = (lengths_B.unsqueeze(1) - step_L).clamp_min(0)
        hidden_BLD = self.items(items_BL) + self.places(place_BL)
        for block in self.blocks:
            hidden_BLD = block(hidden_BLD)
        row_B = torch.arange(len(items_BL), device=items_BL.device)
        last_BD: Tensor = hidden_BLD[row_B, lengths_B - 1]
        return last_BD

    def item_table(self) -> Tensor:
        """Return the item embeddings [I, D]."""
        table_ID: Tensor = self.items.weight
        return table_ID


class _Block(nn.Module):
    """Causal attention, then a feed-forward layer of the same width, each normed after its sum."""

    def __init__(self, settings: RechorusSettings) -> None:
        super().__init__()
        width = settings.emb_size
        self.heads = settings.num_heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.up, self.down = nn.Linear(width, width), nn.Linear(width, width)
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, hidden_BLD: Tensor) -> Tensor:
        """Return the block's output [B, L, D]."""
        query, key, value = (
            part(hidden_BLD).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        mixed_BHLX = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        mixed_BLD = self.dropout(mixed_BHLX.transpose(1, 2).flatten(2))
        hidden_BLD = self.attention_norm(mixed_BLD + hidden_BLD)
        feed_BLD = self.down(self.up(hidden_BLD).relu())
        summed_BLD: Tensor = self.feed_norm(self.dropout(feed_BLD) + hidden_BLD)
        return summed_BLD
