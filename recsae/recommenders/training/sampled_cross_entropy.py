"""Cross-entropy over the target and a sample of the other items, for catalogues that are large.

Shapes: T positions, D width, I items, N drawn items, C positions of a chunk.
"""

import math
from typing import Any

import torch
from torch import Tensor

from recsae.recommenders.training import cross_entropy as full


def sampled_cross_entropy(
    hidden_TD: Tensor, item_table_ID: Tensor, target_T: Tensor, negatives: int
) -> Tensor:
    """Return the mean of ln(e^s_y + I/N * sum over drawn j != y of e^s_j) - s_y.

    All positions share N = min(negatives, I) items, drawn evenly and without repetition by torch's
    generator. I/N makes the sum an unbiased estimate of that over all other items (the correction
    of sampled softmax by the chance to be drawn, Bengio and Senecal, 2008, with the target itself
    left out of it); with N = I it is the cross-entropy over all items. As there, chunk_of
    bounds the scores held.
    """
    items = len(item_table_ID)
    drawn_N = torch.randperm(items, device=target_T.device)[:negatives]
    loss: Tensor = _SampledCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden_TD, item_table_ID, target_T, drawn_N
    )
    return loss


class _SampledCrossEntropy(torch.autograd.Function):
    """The gradient is computed along with the loss, chunk by chunk, so no score is kept."""

    @staticmethod
    def forward(
        ctx: Any, hidden_TD: Tensor, item_table_ID: Tensor, target_T: Tensor, drawn_N: Tensor
    ) -> Tensor:
        count, drawn_ND = len(hidden_TD), item_table_ID[drawn_N]
        chunk = full.chunk_of(hidden_TD, len(drawn_N))
        weight = math.log(len(item_table_ID) / len(drawn_N))
        loss = hidden_TD.new_zeros(())
        grad_hidden_TD, pull_TD = torch.empty_like(hidden_TD), torch.empty_like(hidden_TD)
        grad_drawn_ND = torch.zeros_like(drawn_ND)
        place_I = torch.full_like(item_table_ID[:, 0], -1, dtype=torch.int64)
        place_I[drawn_N] = torch.arange(len(drawn_N), device=drawn_N.device)
        for start in range(0, count, chunk):
            rows = slice(start, start + chunk)
            hidden_CD, target_C = hidden_TD[rows], target_T[rows]
            target_CD = item_table_ID[target_C]
            scores_CN = (hidden_CD @ drawn_ND.T).add_(weight)
            _leave_out(scores_CN, place_I[target_C])
            hit_C1 = (hidden_CD * target_CD).sum(1, keepdim=True)
            top_C1 = torch.maximum(scores_CN.amax(1, keepdim=True), hit_C1)
            others_C1 = scores_CN.sub_(top_C1).exp_().sum(1, keepdim=True)
            sum_C1 = others_C1 + (hit_C1 - top_C1).exp()
            loss += (sum_C1.log() - (hit_C1 - top_C1)).sum()
            # What the target's probability lacks of 1 pulls it and its state together.
            lack_C1 = others_C1 / sum_C1
            grad_hidden_TD[rows] = scores_CN @ drawn_ND / sum_C1 - lack_C1 * target_CD
            grad_drawn_ND.addmm_(scores_CN.T, hidden_CD / sum_C1)
            pull_TD[rows] = lack_C1 * hidden_CD
        grad_table_ID = torch.zeros_like(item_table_ID)
        grad_table_ID[drawn_N] = grad_drawn_ND
        full.subtract_rows(grad_table_ID, target_T, pull_TD)
        ctx.save_for_backward(grad_hidden_TD.div_(count), grad_table_ID.div_(count))
        return loss / count

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        (grad_loss,) = grads
        grad_hidden_TD, grad_table_ID = ctx.saved_tensors
        return grad_hidden_TD * grad_loss, grad_table_ID * grad_loss, None, None


def _leave_out(scores_CN: Tensor, place_C: Tensor) -> None:
    """Set the scores of targets that happen to be drawn to minus infinity."""
    (row_H,) = torch.where(place_C >= 0)
    scores_CN[row_H, place_C[row_H]] = -torch.inf
