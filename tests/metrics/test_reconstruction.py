"""FVU by hand, in chunks, and far from zero."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recsae.metrics import reconstruction
from recsae.metrics.reconstruction import fvu, mean_row, shrinkage, spread


def test_fvu_by_hand() -> None:
    x = torch.tensor([[0.0, 0.0], [2.0, 4.0]])
    # Around the mean (1, 2) the squares sum to 10; the errors are 1 and 4.
    recon = torch.tensor([[1.0, 0.0], [2.0, 2.0]])
    assert fvu(x, recon) == 0.5


def test_the_mean_explains_nothing_and_the_rows_themselves_all() -> None:
    x = torch.randn(50, 3, dtype=torch.float64)
    assert fvu(x, x.mean(0).expand(50, -1)) == pytest.approx(1.0)
    assert fvu(x, x) == 0.0


@given(rows=st.integers(2, 40), chunk=st.integers(1, 50))
def test_chunks_do_not_matter(rows: int, chunk: int) -> None:
    generator = torch.Generator().manual_seed(rows)
    x, recon = torch.randn(2, rows, 3, generator=generator)
    whole = fvu(x, recon)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconstruction, "CHUNK_ROWS", chunk)
        assert fvu(x, recon) == pytest.approx(whole, rel=1e-12)


def test_a_large_mean_does_not_cancel() -> None:
    x = torch.tensor([[1e6], [1e6 + 1]])
    assert spread(x) == 0.5


@pytest.mark.parametrize(("recon", "expected"), [(1.0, 0.0), (2.0, math.inf)])
def test_rows_without_variance(recon: float, expected: float) -> None:
    assert fvu(torch.ones(4, 2), torch.full((4, 2), recon)) == expected


def test_shrinkage_by_hand() -> None:
    x = torch.tensor([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0]])
    recon = torch.tensor([[0.0, 5.0], [1.0, 0.0], [9.0, 9.0]])
    assert shrinkage(x, recon) == pytest.approx((1 + 0.5) / 2)  # a row of 0 has no ratio
    assert shrinkage(x, x) == 1.0


def test_the_mean_row_is_exact_far_from_zero() -> None:
    x = torch.tensor([[1e8, 1.0], [1e8 + 8, 2.0]])
    assert mean_row(x).tolist() == [1e8 + 4, 1.5]
