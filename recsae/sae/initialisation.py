"""Where training starts. N latents, D width, S sampled rows."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recsae.sae.model import SparseAutoencoder
from recsae.sae.recipes import Recipe

MEDIAN_ROWS = 4096
"""Rows sampled for the geometric median that b_dec starts at."""
BLOCK_ROWS = 65_536
"""Rows of a memory map that are read at a time."""


@torch.no_grad()
def start(model: SparseAutoencoder, x_ND: Tensor, recipe: Recipe) -> None:
    """Set the first weights, drawing from torch's generator; the model comes tied and unbiased."""
    if recipe.unit_start:
        model.b_dec.copy_(geometric_median(_sample(x_ND, MEDIAN_ROWS)))
        return
    bound = 1 / math.sqrt(model.width)  # what nn.Linear draws within
    nn.init.uniform_(model.W_enc, -bound, bound)
    if not model.variant.frozen_dictionary:
        model.W_dec.copy_(F.normalize(model.W_enc))


def geometric_median(x_SD: Tensor, iterations: int = 32) -> Tensor:
    """Return the point [D] with the least sum of distances to the rows (Weiszfeld)."""
    x_SD = x_SD.double()
    median_D = x_SD.mean(0)
    for _ in range(iterations):
        # A row at the median itself would divide by 0.
        distance_S1 = (x_SD - median_D).norm(dim=1, keepdim=True).clamp_min(1e-12)
        median_D = (x_SD / distance_S1).sum(0) / (1 / distance_S1).sum()
    return median_D


def rms_scale(x_ND: Tensor) -> float:
    """Return the factor that gives the rows a mean squared norm of 1; 1 if they are all zero."""
    blocks = torch.split(x_ND, BLOCK_ROWS)
    total = math.fsum(block.double().square().sum().item() for block in blocks)
    return math.sqrt(len(x_ND) / total) if total > 0 else 1.0


def _sample(x_ND: Tensor, count: int) -> Tensor:
    rows = x_ND.shape[0]
    if rows <= count:
        return x_ND
    return x_ND[torch.randint(rows, (count,)).to(x_ND.device)]
