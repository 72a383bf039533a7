"""Decoders that `attention_study.py` tries beside the registered ones.

B rows of a batch, N rows, D width, I items, R targets, U users.
"""

import numpy as np
import torch
from torch import Tensor, nn

from recsae.activations.store import Activations
from recsae.sae.base import Autoencoder, SAESettings
from recsae.sae.code import SparseCode
from recsae.sae.variants.attention import Attention
from recsae.sae.variants.attention_atoms import over_atoms


class LearnedQuery(Attention):
    """Attention over the code with one query for all rows, in place of the reconstruction."""

    name = "SASRec_SAE_LearnedQuery"

    def modules(self, settings: SAESettings, width: int) -> dict[str, nn.Module]:
        return {**super().modules(settings, width), "query": nn.Embedding(1, width)}

    def refine(self, sae: Autoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor) -> Tensor:
        layer, query = sae.extra["attention"], sae.extra["query"]
        assert isinstance(layer, nn.MultiheadAttention) and isinstance(query, nn.Embedding)
        asked_BD = query.weight.expand_as(linear_BD)
        return linear_BD + over_atoms(layer, asked_BD, code, sae.W_dec)


class OverItems(Attention):
    """The reconstruction asks the base's item table, with one head; the items are no secret."""

    name = "SASRec_SAE_OverItems"

    def __init__(self, activations: Activations) -> None:
        self._table_ID = activations.tensor("item_table")

    def modules(self, settings: SAESettings, width: int) -> dict[str, nn.Module]:
        return {"attention": nn.MultiheadAttention(width, 1, batch_first=True)}

    def refine(self, sae: Autoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor) -> Tensor:
        items_1ID = self._table_ID[None]
        out_1BD, _ = sae.extra["attention"](
            linear_BD[None], items_1ID, items_1ID, need_weights=False
        )
        refined_BD: Tensor = linear_BD + out_1BD[0]
        return refined_BD


class LastItem(Attention):
    """Attention over the code, and the user's last item beside it: a path around the code.

    The item is looked up by the row that was encoded, for a variant is told nothing else.
    """

    name = "SASRec_SAE_LastItem"

    def __init__(self, activations: Activations) -> None:
        rows, last = last_items(activations)
        key_N, order_N = row_keys(rows).sort()
        self._key_N, self._item_N = key_N, last[order_N]
        self._table_ID = activations.tensor("item_table")

    def modules(self, settings: SAESettings, width: int) -> dict[str, nn.Module]:
        return {**super().modules(settings, width), "last": nn.Linear(width, width, bias=False)}

    def refine(self, sae: Autoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor) -> Tensor:
        place_B = torch.searchsorted(self._key_N, row_keys(x_BD)).clamp_max(len(self._key_N) - 1)
        context_BD: Tensor = sae.extra["last"](self._table_ID[self._item_N[place_B]])
        return super().refine(sae, code, linear_BD, x_BD) + context_BD


def last_items(activations: Activations) -> tuple[Tensor, Tensor]:
    """Return the rows of train and dev, and the item that each of them comes after."""
    rows_U = np.maximum(activations.train_lengths.astype(np.int64) - 1, 0)
    step_N = np.arange(rows_U.sum()) - np.repeat(np.cumsum(rows_U) - rows_U, rows_U)
    event_N = np.repeat(activations.offsets[:-1], rows_U) + step_N
    event_R = np.concatenate([event_N, activations.targets("dev").position - 1])
    states = torch.cat([activations.rows()[0].float(), activations.states("dev")])
    return states, torch.from_numpy(activations.items[event_R].astype(np.int64))


def row_keys(x_ND: Tensor) -> Tensor:
    """Return a number for the bits of each row, int64 [N]."""
    generator = torch.Generator().manual_seed(0)
    factor_D = torch.randint(1, 2**62, (x_ND.shape[1],), generator=generator)
    return (x_ND.contiguous().view(torch.int32).long() * factor_D).sum(1)
