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
    mean_D = mean_row(x_RD)
    return float(sum((chunk.double() - mean_D).square().sum() for chunk in _chunks(x_RD)))


def mean_row(x_RD: Tensor) -> Tensor:
    """Return the mean row [D] in float64."""
    total_D = torch.zeros(x_RD.shape[1], dtype=torch.float64, device=x_RD.device)
    for chunk in _chunks(x_RD):
        total_D += chunk.double().sum(0)
    return total_D / len(x_RD)


def squared_difference(a_RD: Tensor, b_RD: Tensor) -> float:
    """Return the sum of squared differences."""
    chunks = zip(_chunks(a_RD), _chunks(b_RD), strict=True)
    return float(sum((a.double() - b.double()).square().sum() for a, b in chunks))


def shrinkage(x_RD: Tensor, recon_RD: Tensor) -> float:
    """Return the mean of ||reconstruction|| / ||x|| over the rows that are not 0; 1 is ideal.

    As in SAEBench around 0, not around the mean.
    """
    pairs = zip(_chunks(x_RD), _chunks(recon_RD), strict=True)
    norms = [(x.double().norm(dim=1), recon.double().norm(dim=1)) for x, recon in pairs]
    length_R, recon_R = (torch.cat(parts) for parts in zip(*norms, strict=True))
    real_R = length_R > 0
    return float((recon_R[real_R] / length_R[real_R]).mean())


def share_of(error: float, whole: float) -> float:
    """Return error / whole; of nothing, 0 is no error and anything else infinitely much."""
    if whole == 0:
        return 0.0 if error == 0 else math.inf
    return error / whole


def _chunks(x_RD: Tensor) -> tuple[Tensor, ...]:
    return torch.split(x_RD, CHUNK_ROWS)
