"""EleutherAI's sparsify, as SparseCoder.load_from_disk of eai-sparsify 1.3.3 reads it."""

import json

from recsae.sae.files import packed
from recsae.sae.model import SparseAutoencoder


def contents(model: SparseAutoencoder) -> dict[str, bytes]:
    """Return cfg.json and sae.safetensors: topk(relu((x - b_dec) W^T + b)), c W_dec + b_dec."""
    config = {
        "activation": "topk",
        "num_latents": model.latents,
        "expansion_factor": -(-model.latents // model.width),  # not read beside num_latents
        "normalize_decoder": False,  # the atoms as they are, in further training too
        "k": model.settings.sae_k,
        "multi_topk": False,
        "skip_connection": False,
        "transcode": False,
        "d_in": model.width,
    }
    weights = {
        "encoder.weight": model.W_enc,
        "encoder.bias": model.b_enc,
        "W_dec": model.W_dec,
        "b_dec": model.b_dec,
    }
    return {"cfg.json": json.dumps(config, indent=2).encode(), "sae.safetensors": packed(weights)}
