"""NT-Xent, SimCLR's loss (Chen et al., 2020, eq. 1), and the form in which RecSAE published it.

S samples, D width, V rows of both views: 2 S, first all first views, then all second ones.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

LOWEST = 0.03
"""Temperature from which on no e^((s - 1)/t) is too small for float32: s - 1 is -2 at least."""

_UNCOUNTED = -100


def nt_xent(
    first_SD: Tensor,
    second_SD: Tensor,
    temperature: float,
    excluded_SS: Tensor | None = None,
    real_S: Tensor | None = None,
) -> Tensor:
    """Return the mean over the 2 S ordered pairs of -ln(e^(s_ip/t) / sum_{m != i} e^(s_im/t)).

    s is the cosine, p(i) the other view of row i. `excluded_SS` (symmetric) marks samples that are
    not negatives of each other; a sample's own second view counts whatever the diagonal says.
    `real_S` marks the samples that count; the others are as if they were not there.
    """
    z_VD = F.normalize(torch.cat([first_SD, second_SD]), dim=1)
    given = (z_VD, temperature, excluded_SS, real_S)
    if temperature < LOWEST:
        return _stable_at_any_temperature(*given)
    loss: Tensor = _NTXent.apply(*given)  # type: ignore[no-untyped-call]
    return loss


def nt_xent_as_published(first_SD: Tensor, second_SD: Tensor, temperature: float) -> Tensor:
    """Return the loss that RecSAE's contrastive variant minimises.

    It differs from eq. 1 in two ways: a row's similarity with itself is not left out of the sum but
    counts as if it were 0, and the positive pair counts twice.
    """
    z_VD = F.normalize(torch.cat([first_SD, second_SD]), dim=1)
    logits_VV = z_VD @ z_VD.T / temperature
    positive_V = logits_VV.gather(1, _other_view(len(z_VD), z_VD.device)[:, None]).squeeze(1)
    itself_VV = torch.eye(len(z_VD), dtype=torch.bool, device=z_VD.device)
    all_VW = torch.cat([positive_V[:, None], logits_VV.masked_fill(itself_VV, 0.0)], dim=1)
    return (all_VW.logsumexp(dim=1) - positive_V).mean()


class _NTXent(torch.autograd.Function):
    """The loss of rows z of unit length, and at once its gradient, from one [V, V] matrix.

    With E = e^((s - 1)/t), 0 where a pair does not count, and r its row sums, the gradient is
    (M z - 2 z') / (V t): M = E (1/r_i + 1/r_j) is symmetric, z' are the other views.
    """

    @staticmethod
    def forward(
        ctx: Any,
        z_VD: Tensor,
        temperature: float,
        excluded_SS: Tensor | None,
        real_S: Tensor | None,
    ) -> Tensor:
        # s - 1 is at most 0, so no exponent overflows.
        weight_VV = (z_VD @ z_VD.T).sub_(1).div_(temperature).exp_()
        other_V = _other_view(len(z_VD), z_VD.device)
        other_VD = z_VD[other_V]
        positive_V = ((z_VD * other_VD).sum(1) - 1) / temperature
        if excluded_SS is not None:
            weight_VV.masked_fill_(excluded_SS.repeat(2, 2), 0.0)
            weight_VV.scatter_(1, other_V[:, None], positive_V.exp()[:, None])
        # A row is no negative of itself (m != i in eq. 1).
        weight_VV.fill_diagonal_(0.0)
        count: int | Tensor = len(z_VD)
        if real_S is not None:
            real_V = real_S.repeat(2)
            count = real_V.sum()
            weight_VV.masked_fill_(~(real_V[:, None] & real_V), 0.0)
            other_VD = other_VD * real_V[:, None]
            positive_V = positive_V * real_V
        sum_V = weight_VV.sum(dim=1)
        if real_S is not None:
            sum_V = torch.where(real_V, sum_V, 1.0)
        if ctx.needs_input_grad[0]:
            share_V = 1 / sum_V
            pushed_VD = weight_VV.mul_(share_V[:, None] + share_V) @ z_VD
            ctx.save_for_backward((pushed_VD - 2 * other_VD) / (count * temperature))
        apart_V = sum_V.log() - positive_V
        return apart_V.mean() if real_S is None else apart_V.sum() / count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient_VD,) = ctx.saved_tensors
        return grad * gradient_VD, None, None, None


def _stable_at_any_temperature(
    z_VD: Tensor, temperature: float, excluded_SS: Tensor | None, real_S: Tensor | None
) -> Tensor:
    """Return the same loss of rows of unit length, each row's exponents relative to its largest."""
    other_V = _other_view(len(z_VD), z_VD.device)
    hidden_VV = torch.eye(len(z_VD), dtype=torch.bool, device=z_VD.device)
    if excluded_SS is not None:
        hidden_VV |= excluded_SS.repeat(2, 2).scatter(1, other_V[:, None], False)
    if real_S is not None:
        real_V = real_S.repeat(2)
        hidden_VV |= real_V[:, None] & ~real_V  # the others' rows stay finite, for their gradient
        other_V = torch.where(real_V, other_V, _UNCOUNTED)
    logits_VV = (z_VD @ z_VD.T / temperature).masked_fill(hidden_VV, -torch.inf)
    return F.cross_entropy(logits_VV, other_V, ignore_index=_UNCOUNTED)


def _other_view(rows: int, device: torch.device) -> Tensor:
    return torch.arange(rows, device=device).roll(rows // 2)
