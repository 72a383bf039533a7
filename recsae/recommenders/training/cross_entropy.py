"""Cross-entropy over all items, without ever holding all of the scores.

Shapes: T positions, D width, I items, C positions of a chunk.
"""

from typing import Any

import torch
from torch import Tensor

SCORE_BYTES = 8 * 2**20
GPU_SCORE_BYTES = 512 * 2**20


def chunk_of(hidden_TD: Tensor, items: int) -> int:
    """Return how many positions are scored at once against so many items."""
    limit = GPU_SCORE_BYTES if hidden_TD.is_cuda else SCORE_BYTES
    return max(1, limit // (4 * items))


def subtract_rows(table_ID: Tensor, index_T: Tensor, rows_TD: Tensor) -> None:
    """Subtract rows from those of a table, several from one too: the same sums each time."""
    if table_ID.is_cuda:  # index_add_ adds there in whatever order the threads come
        table_ID.index_put_((index_T,), -rows_TD, accumulate=True)
    else:
        table_ID.index_add_(0, index_T, rows_TD, alpha=-1)


def cross_entropy(hidden_TD: Tensor, item_table_ID: Tensor, target_T: Tensor) -> Tensor:
    """Return the mean of -log softmax(hidden @ table.T)[target], `chunk_of` positions a time."""
    loss: Tensor = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden_TD, item_table_ID, target_T
    )
    return loss


class _ChunkedCrossEntropy(torch.autograd.Function):
    """The gradient is computed along with the loss, chunk by chunk, so no score is kept."""

    @staticmethod
    def forward(ctx: Any, hidden_TD: Tensor, item_table_ID: Tensor, target_T: Tensor) -> Tensor:
        count, items = len(hidden_TD), len(item_table_ID)
        chunk = chunk_of(hidden_TD, items)
        loss = hidden_TD.new_zeros(())
        grad_hidden_TD = torch.empty_like(hidden_TD)
        grad_table_ID = torch.zeros_like(item_table_ID)
        for start in range(0, count, chunk):
            rows = slice(start, start + chunk)
            hidden_CD, target_C = hidden_TD[rows], target_T[rows]
            scores_CI = hidden_CD @ item_table_ID.T
            # Subtracted before exp, which would overflow.
            top_C1 = scores_CI.amax(1, keepdim=True)
            hit_C1 = scores_CI.gather(1, target_C.unsqueeze(1)) - top_C1
            sum_C1 = scores_CI.sub_(top_C1).exp_().sum(1, keepdim=True)
            loss += (sum_C1.log() - hit_C1).sum()
            # The scores are left as e^s; dividing the narrow factors saves a pass over them.
            grad_hidden_TD[rows] = scores_CI @ item_table_ID / sum_C1 - item_table_ID[target_C]
            grad_table_ID.addmm_(scores_CI.T, hidden_CD / sum_C1)
        subtract_rows(grad_table_ID, target_T, hidden_TD)
        ctx.save_for_backward(grad_hidden_TD.div_(count), grad_table_ID.div_(count))
        return loss / count

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        (grad_loss,) = grads
        grad_hidden_TD, grad_table_ID = ctx.saved_tensors
        return grad_hidden_TD * grad_loss, grad_table_ID * grad_loss, None
