"""Rows with a few factors and some noise, for tests of training."""

import torch

from recsae.sae.rows import Rows


def some_rows(count: int = 200, width: int = 8, *, scale: float = 1.0) -> Rows:
    generator = torch.Generator().manual_seed(7)
    shapes = [(count, 3), (3, width), (count, width)]
    factors, loadings, noise = (torch.randn(shape, generator=generator) for shape in shapes)
    return Rows(scale * (factors @ loadings + 0.3 * noise + 0.5))
