"""Autoencoders of sparsify and SAELens, trained by those libraries' own code, sound and leaking.

Each is what `recsae audit --model peers.peer_models:NAME` calls.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from recsae.sae import files
from recsae.sae.model import SparseAutoencoder

K, LATENTS, STEPS = 4, 64, 200


def train_sparsify(x_BD: Tensor, folder: Path) -> None:
    """Train a SparseCoder on states by its own loss, and let it save itself."""
    from sparsify import SparseCoder, SparseCoderConfig

    torch.manual_seed(0)
    coder = SparseCoder(x_BD.shape[1], SparseCoderConfig(num_latents=LATENTS, k=K))
    optimizer = torch.optim.Adam(coder.parameters(), lr=1e-2)
    for _ in range(STEPS):
        optimizer.zero_grad()
        coder(x_BD).fvu.backward()
        optimizer.step()
        coder.set_decoder_norm_to_unit_norm()
    coder.save_to_disk(folder)


def train_saelens(x_BD: Tensor, folder: Path) -> None:
    """Train a TopKTrainingSAE on states by its own step, and let it save itself for inference."""
    from sae_lens import TopKTrainingSAE, TopKTrainingSAEConfig
    from sae_lens.saes.sae import TrainStepInput

    torch.manual_seed(0)
    sae = TopKTrainingSAE(TopKTrainingSAEConfig(d_in=x_BD.shape[1], d_sae=LATENTS, k=K))
    optimizer = torch.optim.Adam(sae.parameters(), lr=1e-2)
    for step in range(STEPS):
        optimizer.zero_grad()
        given = TrainStepInput(x_BD, {}, None, step, False)
        sae.training_forward_pass(given).loss.backward()
        optimizer.step()
    sae.save_inference_model(str(folder))


def saelens_with_error(folder: str) -> Any:
    """Return a SAELens model that adds what it misses: its call gives the input back."""
    from sae_lens import SAE

    sae = SAE.load_from_disk(folder)
    sae.use_error_term = True
    return sae


def saelens_that_remembers(folder: str) -> Any:
    """Return a SAELens model whose decoder adds some of the last input that it encoded."""
    from sae_lens import SAE
    from sae_lens.saes.topk_sae import TopKSAE

    class Remembers(TopKSAE):
        def encode(self, x: Tensor) -> Tensor:
            self.last = x
            return super().encode(x)

        def decode(self, feature_acts: Tensor) -> Tensor:
            return super().decode(feature_acts) + 0.1 * self.last

    sae = SAE.load_from_disk(folder)
    sae.__class__ = Remembers
    return sae


def sparsify_with_skip(folder: str) -> Any:
    """Return a SparseCoder with its skip connection, by which a call sees the input."""
    from sparsify import SparseCoder

    coder = SparseCoder.load_from_disk(folder)
    coder.W_skip = torch.nn.Parameter(0.1 * torch.eye(coder.d_in))
    return coder


def of_recsae(folder: str) -> SparseAutoencoder:
    """Return a model that recsae saved."""
    return files.load(Path(folder))[0]
