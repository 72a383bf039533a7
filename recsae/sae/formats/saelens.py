"""SAELens, as SAE.load_from_disk of sae-lens 6.54 reads a TopK autoencoder."""

import json
from typing import Final

from recsae.sae.files import packed
from recsae.sae.model import SparseAutoencoder

VERSION: Final = "6.54.12"
"""Without one, or below 6.0, the file is read as one of an older layout."""


def contents(model: SparseAutoencoder) -> dict[str, bytes]:
    """Return cfg.json and sae_weights.safetensors: relu(topk((x - b_dec) W + b)), c W_dec + b_dec.

    W_enc is [D, N] there.
    """
    config = {
        "architecture": "topk",
        "d_in": model.width,
        "d_sae": model.latents,
        "k": model.settings.sae_k,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "rescale_acts_by_decoder_norm": False,
        "metadata": {"sae_lens_version": VERSION, "sae_lens_training_version": None},
    }
    weights = {
        "W_enc": model.W_enc.T,
        "b_enc": model.b_enc,
        "W_dec": model.W_dec,
        "b_dec": model.b_dec,
    }
    name = "sae_weights.safetensors"
    return {"cfg.json": json.dumps(config, indent=2).encode(), name: packed(weights)}
