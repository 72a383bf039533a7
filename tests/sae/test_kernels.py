"""The sparse kernels against the dense formulas, written here with plain torch operations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from recsae.sae import kernels
from recsae.sae.kernels import (
    decode_sparse,
    encode_topk,
    select_topk,
    sorted_by_radix,
    sorted_by_searching,
)

SHAPES = [(1, 4, 8, 1), (7, 5, 12, 3), (64, 8, 32, 32), (33, 16, 512, 5), (20, 8, 1024, 64)]


def parameters(
    rows: int, width: int, latents: int, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = [(rows, width), (width,), (latents, width), (latents,), (latents, width)]
    drawn = [torch.randn(*s, generator=generator, dtype=torch.float64) for s in shapes]
    x, b_dec, W_enc, b_enc, W_dec = (tensor.requires_grad_() for tensor in drawn)
    return x, b_dec, W_enc, b_enc, W_dec


def dense_code(x: Tensor, b_dec: Tensor, W_enc: Tensor, b_enc: Tensor, k: int) -> Tensor:
    pre = ((x - b_dec) @ W_enc.T + b_enc).relu()
    top = pre.topk(k, dim=1)
    return torch.zeros_like(pre).scatter(1, top.indices, top.values)


def densified(values: Tensor, indices: Tensor, latents: int) -> Tensor:
    return torch.zeros(len(values), latents, dtype=values.dtype).scatter(1, indices, values)


@pytest.mark.parametrize(("rows", "width", "latents", "k"), SHAPES)
def test_encode_equals_the_dense_formula(rows: int, width: int, latents: int, k: int) -> None:
    x, b_dec, W_enc, b_enc, _ = parameters(rows, width, latents)
    values, indices = encode_topk(x, b_dec, W_enc, b_enc, k)
    assert values.shape == indices.shape == (rows, k)
    torch.testing.assert_close(
        densified(values, indices, latents), dense_code(x, b_dec, W_enc, b_enc, k)
    )


@pytest.mark.parametrize(("rows", "width", "latents", "k"), SHAPES)
def test_gradients_equal_those_of_the_dense_formula(
    rows: int, width: int, latents: int, k: int
) -> None:
    inputs = parameters(rows, width, latents)
    x, b_dec, W_enc, b_enc, W_dec = inputs
    target = torch.randn(rows, width, dtype=torch.float64)

    sparse = decode_sparse(*encode_topk(x, b_dec, W_enc, b_enc, k), W_dec) + b_dec
    ours = torch.autograd.grad((sparse - target).square().sum(), inputs)
    dense = dense_code(x, b_dec, W_enc, b_enc, k) @ W_dec + b_dec
    theirs = torch.autograd.grad((dense - target).square().sum(), inputs)
    torch.testing.assert_close(sparse, dense)
    for mine, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, expected)


def test_gradients_equal_finite_differences() -> None:
    x, b_dec, W_enc, b_enc, W_dec = parameters(4, 3, 6)
    values, indices = encode_topk(x, b_dec, W_enc, b_enc, 2)
    assert torch.autograd.gradcheck(lambda *p: encode_topk(*p, 2)[0], (x, b_dec, W_enc, b_enc))
    free = values.detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda v, w: decode_sparse(v, indices, w), (free, W_dec))


def test_entries_that_are_not_positive_get_no_gradient() -> None:
    x, b_dec, W_enc, b_enc, _ = parameters(6, 4, 8)
    values, _ = encode_topk(x, b_dec, W_enc, (b_enc - 100).detach().requires_grad_(), 3)
    assert not values.any()
    assert not torch.autograd.grad(values.sum(), W_enc)[0].any()


def test_only_the_gradients_asked_for_are_computed() -> None:
    x, b_dec, W_enc, b_enc, W_dec = (t.detach() for t in parameters(6, 4, 8))
    bias = b_enc.requires_grad_()
    values, indices = encode_topk(x, b_dec, W_enc, bias, 3)
    decode_sparse(values, indices, W_dec).sum().backward()
    assert bias.grad is not None and x.grad is None and W_enc.grad is None and W_dec.grad is None


def test_a_long_batch_is_encoded_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    x, b_dec, W_enc, b_enc, _ = (t.detach() for t in parameters(300, 4, 32))
    whole = encode_topk(x, b_dec, W_enc, b_enc, 3)
    monkeypatch.setattr(kernels, "BLOCK_ENTRIES", 64)
    parts = encode_topk(x, b_dec, W_enc, b_enc, 3)
    torch.testing.assert_close(densified(*whole, 32), densified(*parts, 32))


def test_more_latents_than_16_bits_can_number() -> None:
    latents = 2**16 + 8
    x, b_dec, W_enc, b_enc, W_dec = parameters(3, 2, latents)
    b_enc = torch.cat([b_enc.detach()[:-4], torch.full((4,), 50.0).double()]).requires_grad_()
    values, indices = encode_topk(x, b_dec, W_enc, b_enc, 2)
    assert indices.max() > np.iinfo(np.uint16).max
    gradient = torch.autograd.grad(decode_sparse(values, indices, W_dec).sum(), W_dec)[0]
    expected = torch.autograd.grad((dense_code(x, b_dec, W_enc, b_enc, 2) @ W_dec).sum(), W_dec)[0]
    torch.testing.assert_close(gradient, expected)


@settings(max_examples=60)
@given(indices=st.lists(st.integers(0, 11), min_size=1, max_size=40))
def test_what_a_gpu_sorts_by_is_what_a_cpu_sorts_by(indices: list[int]) -> None:
    """Ties keep their order and latents without an entry begin where the next one does."""
    flat = torch.tensor(indices)
    for ours, other in zip(sorted_by_searching(flat, 12), sorted_by_radix(flat, 12), strict=True):
        assert torch.equal(ours, other)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 9),
    latents=st.sampled_from([1, 3, 8, 31, 512, 520, 1000]),
    share=st.floats(0, 1),
    levels=st.sampled_from([2, 5, 10**6]),
    seed=st.integers(0, 99),
)
def test_selection_finds_the_largest_also_among_ties(
    rows: int, latents: int, share: float, levels: int, seed: int
) -> None:
    k = max(1, round(share * latents))
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(-levels, levels, (rows, latents), generator=generator).float()
    values, indices = select_topk(scores, k)
    expected = scores.topk(k, dim=1).values
    assert torch.equal(values.sort(1, descending=True).values, expected)
    assert torch.equal(scores.gather(1, indices), values)
    assert all(len(set(row)) == k for row in indices.tolist())


@pytest.mark.parametrize("latents", [16, 1024])
def test_selection_never_hides_what_is_not_a_number(latents: int) -> None:
    scores = torch.randn(3, latents)
    scores[1, 7] = torch.nan
    values, _ = select_topk(scores, 4)
    assert values[1].isnan().any() and not values[0].isnan().any()
