"""The shared autoencoder: initialisation, bounds, and the functions it is made of."""

import pytest
import torch

from recsae.errors import SettingError
from recsae.sae.base import SAESettings
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder
from recsae.sae.variants.topk import TopK


def autoencoder(width: int = 6, **settings: float) -> SparseAutoencoder:
    torch.manual_seed(0)
    return SparseAutoencoder(TopK(), SAESettings.of(settings), width)


def test_it_starts_tied_with_unit_decoder_rows_and_no_biases() -> None:
    sae = autoencoder(sae_scale_size=3)
    assert sae.latents == 18
    torch.testing.assert_close(sae.W_dec.norm(dim=1), torch.ones(18))
    assert torch.equal(sae.W_enc, sae.W_dec)
    assert sae.W_enc.data_ptr() != sae.W_dec.data_ptr()
    assert not sae.b_enc.any() and not sae.b_dec.any() and not sae.fired.any()


def test_decoding_by_hand() -> None:
    sae = autoencoder(width=2, sae_k=2)
    with torch.no_grad():
        sae.W_dec.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [-1.0, 0.0]]))
        sae.b_dec.copy_(torch.tensor([10.0, 20.0]))
    code = SparseCode(torch.tensor([[2.0, 5.0]]), torch.tensor([[1, 2]]))
    torch.testing.assert_close(sae.decode(code), torch.tensor([[13.0, 26.0]]))


def test_encoding_by_hand() -> None:
    sae = autoencoder(width=2, sae_k=2)
    with torch.no_grad():
        sae.W_enc.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 0.0]]))
        sae.b_dec.copy_(torch.tensor([1.0, 1.0]))
        sae.b_enc.copy_(torch.tensor([0.0, 0.5, 0.0, 0.0]))
    values, indices = sae.encode(torch.tensor([[3.0, 0.0], [-9.0, -9.0]]))
    # Pre-activations of the first row: 2, -0.5, 1, -2; of the second: -10, -9.5, -20, 10.
    assert dict(zip(indices[0].tolist(), values[0].tolist(), strict=True)) == {0: 2.0, 2: 1.0}
    assert values[1].max() == 10.0 and values[1].min() == 0.0


@pytest.mark.parametrize(("k", "fits"), [(12, True), (13, False)])
def test_k_is_at_most_the_number_of_latents(k: int, fits: bool) -> None:
    if fits:
        assert autoencoder(sae_k=k).encode(torch.randn(4, 6)).values_BK.shape == (4, k)
        return
    with pytest.raises(SettingError, match=r"sae_k: expected at most 12 .*, got 13"):
        autoencoder(sae_k=k)
