"""Attention of one query over the atoms that a code holds, without projecting each of them.

Keys and values are linear in an atom, so that the key's matrix can be moved to the query and the
value's behind the sum: a row costs K·D a head, not K·D². The result is nn.MultiheadAttention's.
B rows, D width, H heads, X width of a head, K active.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recsae.sae.code import SparseCode


def over_atoms(
    layer: nn.MultiheadAttention,
    query_BD: Tensor,
    code: SparseCode,
    atoms_ND: Tensor,
    dropout: float = 0.0,
) -> Tensor:
    """Return the layer's output [B, D] for tokens value x atom, those of positive value only.

    `dropout` is the rate at which weights are dropped, here and now. A row without a positive
    value gives 0.
    """
    heads, width = layer.num_heads, query_BD.shape[1]
    W_query, W_key, W_value = layer.in_proj_weight.chunk(3)
    b_query, _, b_value = layer.in_proj_bias.chunk(3)  # a key's bias adds the same to all scores
    scale = 1 / math.sqrt(width // heads)
    atoms_BKD = F.embedding(code.indices_BK, atoms_ND)
    values_B1K = code.values_BK[:, None]
    asked_BD = F.linear(query_BD, scale * W_query, scale * b_query)
    query_HBX = asked_BD.view(len(asked_BD), heads, -1).transpose(0, 1)
    query_BHD = torch.bmm(query_HBX, W_key.view(heads, -1, width)).transpose(0, 1)
    scores_BHK = torch.bmm(query_BHD, atoms_BKD.transpose(1, 2)) * values_B1K
    weights_BHK = scores_BHK.masked_fill(values_B1K <= 0, _FAR).softmax(dim=2)
    weights_BHK = F.dropout(weights_BHK, dropout)
    sums_HBD = torch.bmm(weights_BHK * values_B1K, atoms_BKD).transpose(0, 1)
    out_HBX = torch.bmm(sums_HBD, W_value.view(heads, -1, width).transpose(1, 2))
    bias_HBX = weights_BHK.sum(2).T[:, :, None] * b_value.view(heads, 1, -1)
    out_BD = (out_HBX + bias_HBX).transpose(0, 1).reshape(query_BD.shape)
    some_B1 = (code.values_BK > 0).any(dim=1, keepdim=True)
    return F.linear(out_BD, layer.out_proj.weight, layer.out_proj.bias) * some_B1


_FAR = -1e9  # not -inf: a row that has only hidden scores must stay finite, for its gradient
