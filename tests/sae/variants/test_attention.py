"""The attention variant, against attention computed token by token."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from recsae.errors import SettingError
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.attention import Attention, AttentionSettings
from recsae.sae.variants.attention_atoms import over_atoms

WIDTH = 8


def autoencoder(mode: str, **settings: Any) -> SparseAutoencoder:
    torch.manual_seed(1)
    values = {"sae_attn_mode": mode, "sae_k": 3, "sae_attn_heads": 2} | settings
    sae = SparseAutoencoder(Attention(), AttentionSettings.of(values), WIDTH).double().eval()
    with torch.no_grad():
        layer = sae.extra["attention"]
        assert isinstance(layer, nn.MultiheadAttention)
        for bias in (layer.in_proj_bias, layer.out_proj.bias, sae.b_dec):
            bias.copy_(torch.randn_like(bias))
    return sae


def attended(layer: nn.MultiheadAttention, query: Tensor, tokens: list[Tensor]) -> Tensor:
    """One query over a list of tokens, head by head, from the definition."""
    W_q, W_k, W_v = layer.in_proj_weight.chunk(3)
    b_q, b_k, b_v = layer.in_proj_bias.chunk(3)
    size = WIDTH // layer.num_heads
    heads = []
    for h in range(layer.num_heads):
        part = slice(h * size, (h + 1) * size)
        asked = (W_q @ query + b_q)[part]
        scores = torch.stack([asked @ (W_k @ t + b_k)[part] / math.sqrt(size) for t in tokens])
        shares = scores.softmax(0)
        heads.append(sum(s * (W_v @ t + b_v)[part] for s, t in zip(shares, tokens, strict=True)))
    return layer.out_proj.weight @ torch.cat(heads) + layer.out_proj.bias


def layer_of(sae: SparseAutoencoder) -> nn.MultiheadAttention:
    layer = sae.extra["attention"]
    assert isinstance(layer, nn.MultiheadAttention)
    return layer


def test_published_is_the_second_token_of_self_attention() -> None:
    sae = autoencoder("published")
    x = torch.randn(5, WIDTH, dtype=torch.float64)
    linear = sae.decode(sae.encode(x))
    expected = [attended(layer_of(sae), r, [row, r]) for row, r in zip(x, linear, strict=True)]
    torch.testing.assert_close(sae(x), torch.stack(expected))
    tokens = torch.stack([x, linear], dim=1)
    both, _ = layer_of(sae)(tokens, tokens, tokens)
    torch.testing.assert_close(sae(x), both[:, 1])


def test_code_mode_attends_over_the_active_atoms_only() -> None:
    sae = autoencoder("code")
    values = torch.tensor([[2.0, 0.0, 0.5], [0.0, 3.0, 0.0]], dtype=torch.float64)
    indices = torch.tensor([[1, 7, 4], [2, 5, 9]])
    code = SparseCode(values, indices)
    linear = sae.decode(code)
    atoms = [[2.0 * sae.W_dec[1], 0.5 * sae.W_dec[4]], [3.0 * sae.W_dec[5]]]
    expected = [r + attended(layer_of(sae), r, a) for r, a in zip(linear, atoms, strict=True)]
    recon = sae.reconstruct(code, torch.randn(2, WIDTH, dtype=torch.float64))
    torch.testing.assert_close(recon, torch.stack(expected))


@pytest.mark.parametrize("heads", [1, 4, 8])
def test_code_mode_is_torch_s_attention_over_the_projected_atoms(heads: int) -> None:
    """Whatever the order of the products: output and gradients of nn.MultiheadAttention."""
    sae = autoencoder("code", sae_attn_heads=heads, sae_k=5)
    x = torch.randn(40, WIDTH, dtype=torch.float64)
    with torch.no_grad():
        sae.b_enc.sub_(0.8)
    code = sae.encode(x)
    some = (code.values_BK > 0).any(1)
    assert (code.values_BK == 0).any() and some.any()
    query = sae.decode(code)
    tokens = code.values_BK[:, :, None] * sae.W_dec[code.indices_BK]
    hidden = (code.values_BK == 0) & some[:, None]
    out, _ = layer_of(sae)(query[:, None], tokens, tokens, key_padding_mask=hidden)
    expected = out[:, 0] * some[:, None]
    ours = over_atoms(layer_of(sae), query, code, sae.W_dec)
    torch.testing.assert_close(ours, expected)
    weights = [sae.W_dec, sae.W_enc, sae.b_enc, *layer_of(sae).parameters()]
    for mine, theirs in zip(gradients(ours, weights), gradients(expected, weights), strict=True):
        torch.testing.assert_close(mine, theirs)


def gradients(out: Tensor, weights: list[nn.Parameter]) -> tuple[Tensor, ...]:
    return torch.autograd.grad(out.sin().sum(), weights, retain_graph=True)


def test_code_mode_makes_nothing_of_an_empty_code() -> None:
    sae = autoencoder("code")
    empty = SparseCode(torch.zeros(2, 3, dtype=torch.float64), torch.tensor([[0, 1, 2]] * 2))
    recon = sae.reconstruct(empty, torch.randn(2, WIDTH, dtype=torch.float64))
    assert torch.equal(recon, sae.b_dec.expand(2, -1))


def test_an_empty_code_gives_finite_gradients() -> None:
    sae = autoencoder("code", sae_attn_dropout=0.5).train()
    with torch.no_grad():
        sae.b_enc.fill_(-100.0)
    sae(torch.randn(4, WIDTH, dtype=torch.float64)).square().sum().backward()
    gradients = [p.grad for p in sae.parameters() if p.grad is not None]
    assert gradients and all(g.isfinite().all() for g in gradients)


def test_published_dropout_acts_on_the_output_alone() -> None:
    """As in the published code: the attention weights keep all of theirs."""
    sae = autoencoder("published", sae_attn_dropout=0.5)
    x = torch.randn(200, WIDTH, dtype=torch.float64)
    whole, some = sae(x), sae.train()(x)
    kept = some != 0
    assert 0.4 < kept.double().mean() < 0.6
    torch.testing.assert_close(some[kept], 2 * whole[kept])


def test_code_dropout_acts_on_the_weights_too_and_only_in_training() -> None:
    sae = autoencoder("code", sae_attn_dropout=0.5)
    code = sae.encode(torch.randn(200, WIDTH, dtype=torch.float64))
    linear = sae.decode(code)
    whole = sae.reconstruct(code, linear) - linear
    some = sae.train().reconstruct(code, linear) - linear
    kept = some != 0
    assert 0.4 < kept.double().mean() < 0.6
    assert not torch.allclose(some[kept], 2 * whole[kept])
    assert torch.equal(sae.eval().reconstruct(code, linear) - linear, whole)


def test_under_the_reference_recipe_it_trains_as_published_without_any_dropout() -> None:
    """The published runner never leaves evaluation mode, so that its dropout has no effect."""
    runs = []
    for rate in (0.0, 0.5):
        values = {"sae_recipe": "reference", "sae_attn_dropout": rate, "sae_epochs": 1}
        rows = Rows(torch.randn(300, WIDTH, generator=torch.Generator().manual_seed(2)))
        run = SAETrainer(
            Attention(), AttentionSettings.of(values), rows, order_seed=0, device="cpu"
        )
        run.epoch()
        runs.append(run.model.state_dict())
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])


@pytest.mark.parametrize("heads", [3, 16])
def test_heads_must_divide_the_width(heads: int) -> None:
    settings = AttentionSettings.of({"sae_attn_heads": heads})
    with pytest.raises(SettingError, match=f"expected a divisor of the width 8, got {heads}") as e:
        settings.check_width(WIDTH)
    assert e.value.key == "sae_attn_heads"


def test_only_the_published_mode_is_declared_to_leak() -> None:
    kind = Attention()
    assert kind.may_leak(AttentionSettings.of({}))
    assert not kind.may_leak(AttentionSettings.of({"sae_attn_mode": "code"}))
