"""How much of the states a reconstruction explains. R rows of a split, D width."""

import math

import torch
from torch import Tensor

CHUNK_ROWS = 4096


def fvu(x_RD: Tensor, recon_RD: Tensor) -> float:
    """Return the fraction of variance unexplained over the whole split, in float64."""
    assert x_RD.shape == recon_RD.shape
    return share_of(squared_difference(x_RD, recon_RD), spread(x_RD))


def spread(x_RD: Tensor) -> float:
    """Return the sum of squares around the mean row; two passes, so nothing cancels."""
    mean_D = sum(chunk.double().sum(0) for chunk in _chunks(x_RD)) / len(x_RD)
    return float(sum((chunk.double() - mean_D).square().sum() for chunk in _chunks(x_RD)))


def squared_difference(a_RD: Tensor, b_RD: Tensor) -> float:
    """Return the sum of squared differences."""
    chunks = zip(_chunks(a_RD), _chunks(b_RD), strict=True)
    return float(sum((a.double() - b.double()).square().sum() for a, b in chunks))


def share_of(error: float, whole: float) -> float:
    """Return error / whole; of nothing, 0 is no error and anything else infinitely much."""
    if whole == 0:
        return 0.0 if error == 0 else math.inf
    return error / whole


def _chunks(x_RD: Tensor) -> tuple[Tensor, ...]:
    return torch.split(x_RD, CHUNK_ROWS)
