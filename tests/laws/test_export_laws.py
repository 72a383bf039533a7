"""Every variant in another library's layout gives its own codes, or is refused.

The layouts are read here by formulas written anew from those libraries' sources, not by recsae;
tests/peers does the same with the libraries themselves.
"""

import json
from collections.abc import Mapping

import pytest
import torch
from safetensors.torch import load
from torch import Tensor

from recsae.sae.formats import LIBRARIES
from recsae.sae.registry import VARIANTS
from recsae.testing.sae_cases import ROWS, WIDTH, Case, cases

CLOSE = 1e-5
CASES = cases(VARIANTS.names)
X_BD = ROWS[0].x_ND


def sparsify_forward(files: Mapping[str, bytes], x_BD: Tensor) -> tuple[Tensor, Tensor]:
    """Return dense codes and reconstructions as sparsify's SparseCoder computes them."""
    cfg, w = json.loads(files["cfg.json"]), load(files["sae.safetensors"])
    assert cfg["activation"] == "topk" and cfg["d_in"] == w["b_dec"].shape[0]
    assert w["encoder.weight"].shape == w["W_dec"].shape == (cfg["num_latents"], cfg["d_in"])
    assert not (cfg["transcode"] or cfg["skip_connection"])
    pre_BN = torch.relu((x_BD - w["b_dec"]) @ w["encoder.weight"].T + w["encoder.bias"])
    values_BK, places_BK = pre_BN.topk(cfg["k"], dim=1)
    code_BN = torch.zeros_like(pre_BN).scatter(1, places_BK, values_BK)
    return code_BN, code_BN @ w["W_dec"] + w["b_dec"]


def saelens_forward(files: Mapping[str, bytes], x_BD: Tensor) -> tuple[Tensor, Tensor]:
    """Return the same as SAELens' TopKSAE computes them."""
    cfg, w = json.loads(files["cfg.json"]), load(files["sae_weights.safetensors"])
    assert cfg["architecture"] == "topk" and cfg["dtype"] == "float32"
    assert w["W_enc"].shape == (cfg["d_in"], cfg["d_sae"]) and w["W_enc"].is_contiguous()
    assert cfg["metadata"]["sae_lens_version"].startswith("6.")  # else read as an older layout
    assert cfg["normalize_activations"] == cfg["reshape_activations"] == "none"
    assert not cfg["rescale_acts_by_decoder_norm"]
    pre_BN = (x_BD - w["b_dec"] * cfg["apply_b_dec_to_input"]) @ w["W_enc"] + w["b_enc"]
    values_BK, places_BK = pre_BN.topk(cfg["k"], dim=1)
    code_BN = torch.zeros_like(pre_BN).scatter(1, places_BK, values_BK.relu())
    return code_BN, code_BN @ w["W_dec"] + w["b_dec"]


FORWARDS = {"sparsify": sparsify_forward, "saelens": saelens_forward}


def test_there_is_a_second_reader_of_each_layout() -> None:
    assert FORWARDS.keys() == LIBRARIES.keys()


@pytest.mark.parametrize("name", CASES)
def test_codes_and_reconstructions_agree_where_the_decoder_is_linear(name: str) -> None:
    case: Case = CASES[name]
    model = case.train(1).model.eval()
    with torch.no_grad():
        code = model.encode(X_BD)
        code_BN = torch.zeros(len(X_BD), model.latents)
        code_BN.scatter_(1, code.indices_BK, code.values_BK)
        recon_BD = model(X_BD)
        # What is refused would not agree: the declaration is neither too lax nor too strict.
        assert case.variant.linear == torch.allclose(model.decode(code), recon_BD, atol=CLOSE)
        if not case.variant.linear:
            return
        for layout, contents in LIBRARIES.items():
            found_BN, found_BD = FORWARDS[layout](contents(model), X_BD)
            assert (found_BN - code_BN).abs().max() < CLOSE, layout
            assert (found_BD - recon_BD).abs().max() < CLOSE, layout
    assert bool((code_BN > 0).any()) and recon_BD.shape[1] == WIDTH


def test_a_model_cut_to_a_smaller_k_is_written_with_it() -> None:
    model = CASES["SASRec_SAE default"].train(1).model.eval().at_k(1)
    for layout, contents in LIBRARIES.items():
        code_BN, _ = FORWARDS[layout](contents(model), X_BD)
        assert (code_BN > 0).sum(1).max() == 1, layout
