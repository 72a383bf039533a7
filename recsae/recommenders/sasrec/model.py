"""SASRec (Kang and McAuley, 2018): causal self-attention over a user's items.

Shapes: B sequences, L their padded length, D width, H heads, X width of a head, I items.
"""

import math
from typing import NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from recsae.recommenders.recommender import SequenceRecommender
from recsae.recommenders.sasrec.settings import SASRecSettings

ROTARY_BASE = 100.0  # of the order of max_len, where language models take 10,000


@final
class SASRec(SequenceRecommender):
    """Pre-norm blocks over item embeddings, which score the next item too.

    Order enters as rotary positions (Su et al., 2021), not as an embedding of each place: what
    counts is how long ago an item was, and far fewer epochs are needed to learn it.
    """

    cos_LX: Tensor
    sin_LX: Tensor

    def __init__(self, settings: SASRecSettings, n_items: int) -> None:
        super().__init__()
        self.max_len = settings.max_len
        self.items = nn.Embedding(n_items, settings.emb_size)
        self.dropout = nn.Dropout(settings.dropout)
        self.blocks = nn.ModuleList(_Block(settings) for _ in range(settings.num_layers))
        self.norm = nn.LayerNorm(settings.emb_size)
        self.temperature = settings.temperature
        angle_LX = _angles(settings.max_len, settings.emb_size // settings.num_heads)
        # Not persistent: they follow from the settings, and a checkpoint holds weights alone.
        self.register_buffer("cos_LX", angle_LX.cos(), persistent=False)
        self.register_buffer("sin_LX", angle_LX.sin(), persistent=False)
        self.apply(_initialise)

    def hidden(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return states [B, L, D]; L is at most max_len.

        Padding comes last and attention is causal, so no valid state sees it: lengths are not read.
        """
        length = items_BL.shape[1]
        rotate = _Rotation(self.cos_LX[:length], self.sin_LX[:length])
        # The table serves as output weights, whose scale is too small for an input (Vaswani et al.,
        # 2017, section 3.4).
        hidden_BLD = self.dropout(self.items(items_BL) * math.sqrt(self.items.embedding_dim))
        for block in self.blocks:
            hidden_BLD = block(hidden_BLD, rotate)
        states_BLD: Tensor = self.norm(hidden_BLD)
        if not self.temperature:
            return states_BLD
        # As long as a normed state, so that autoencoders read numbers of the usual size.
        return functional.normalize(states_BLD, dim=-1) * math.sqrt(states_BLD.shape[-1])

    def item_table(self) -> Tensor:
        """Return the item embeddings [I, D], for a cosine all of one length."""
        table_ID: Tensor = self.items.weight
        if not self.temperature:
            return table_ID
        length = 1 / (self.temperature * math.sqrt(table_ID.shape[1]))
        return functional.normalize(table_ID, dim=-1) * length

    def last(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the states [B, D] after the last items."""
        row_B = torch.arange(len(lengths_B), device=items_BL.device)
        return self.hidden(items_BL, lengths_B)[row_B, lengths_B - 1]


class _Block(nn.Module):
    """Causal attention, then a feed-forward layer, each added to what it was given."""

    def __init__(self, settings: SASRecSettings) -> None:
        super().__init__()
        width = settings.emb_size
        self.heads = settings.num_heads
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, hidden_BLD: Tensor, rotate: "_Rotation") -> Tensor:
        """Return the block's output [B, L, D]."""
        mixed_BLD = self._attend(self.attention_norm(hidden_BLD), rotate)
        hidden_BLD = hidden_BLD + self.dropout(mixed_BLD)
        feed_BLD = self.down(functional.gelu(self.up(self.feed_norm(hidden_BLD))))
        return torch.add(hidden_BLD, self.dropout(feed_BLD))

    def _attend(self, hidden_BLD: Tensor, rotate: "_Rotation") -> Tensor:
        qkv_BHLX = self.qkv(hidden_BLD).unflatten(2, (self.heads, -1)).transpose(1, 2)
        query, key, value = qkv_BHLX.chunk(3, dim=-1)
        mixed_BHLX = functional.scaled_dot_product_attention(
            rotate(query), rotate(key), value, is_causal=True
        )
        mixed_BLD: Tensor = self.out(mixed_BHLX.transpose(1, 2).flatten(2))
        return mixed_BLD


class _Rotation(NamedTuple):
    """Rotates queries and keys by their place, so that their product depends on the distance."""

    cos_LX: Tensor
    sin_LX: Tensor

    def __call__(self, vectors_BHLX: Tensor) -> Tensor:
        pairs = self.cos_LX.shape[1]
        real, imaginary = vectors_BHLX[..., :pairs], vectors_BHLX[..., pairs : 2 * pairs]
        rotated = [
            real * self.cos_LX - imaginary * self.sin_LX,
            real * self.sin_LX + imaginary * self.cos_LX,
            vectors_BHLX[..., 2 * pairs :],  # a head of odd width has one number without a partner
        ]
        return torch.cat(rotated, dim=-1)


def _angles(max_len: int, width: int) -> Tensor:
    """Return the angle [L, X/2] of each pair of a head's numbers at each place."""
    pairs = width // 2
    speed_X = ROTARY_BASE ** (-torch.arange(pairs) / pairs)
    return torch.arange(max_len).unsqueeze(1) * speed_X


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
