"""What benchmarks/gpu.py measures with: made states, made logs, trainers of each variant."""

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from sae_step import WIDTH, states
from torch import Tensor

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations, extract
from recsae.cache import Cache
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.metrics.ranking import Seen
from recsae.recommenders.base import pretrain
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sequences import Sequences

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("SASRec_SAE", {}),
    ("SASRec_SAE", {"sae_auxk": 0.0}),
    ("SASRec_SAE_Attention", {"sae_attn_mode": "code"}),
    ("SASRec_SAE_Attention", {"sae_attn_mode": "published"}),
    ("SASRec_SAE_Contrastive", {}),
    ("SASRec_SAE_Random", {}),
]
SHAPES = [(32, 16, 256), (32, 16, 1024), (32, 16, 8192)]
"""Scale size, k and batch; the states are 64 wide."""
LIKE_ML_100K = "synthetic:users=943,items=1682,length=106"
TINY = "synthetic:users=100,items=60,length=12"


def rows_of(count: int) -> Tensor:
    """Return states with a few strong directions."""
    return states(count)


def trainer(
    name: str,
    given: dict[str, Any],
    x_ND: Tensor,
    device: str,
    shape: tuple[int, int, int],
    epochs: int = 4,
) -> SAETrainer:
    """Return a trainer of a variant; rows have users, next items and a second view."""
    generator = torch.Generator().manual_seed(1)
    user_N = torch.randint(0, len(x_ND) // 20 + 2, (len(x_ND),), generator=generator).int()
    item_N = torch.randint(0, 3000, (len(x_ND),), generator=generator).int()
    kind, (scale, k, batch) = variant(name), shape
    settings = kind.Settings.of(
        {
            "sae_scale_size": scale,
            "sae_k": k,
            "sae_batch_size": batch,
            "sae_epochs": epochs,
            "sae_lr": 1e-3,
            **given,
        }
    )
    rows = Rows(x_ND, user_N, item_N, x_ND[None] + 0.1)
    return SAETrainer(kind, settings, rows, order_seed=0, device=device)


def random_ranking(users: int, items: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return states, an item table and targets."""
    generator = torch.Generator().manual_seed(0)
    states_RD = torch.randn(users, WIDTH, generator=generator)
    table_ID = torch.randn(items, WIDTH, generator=generator)
    return states_RD, table_ID, torch.randint(0, items, (users,), generator=generator)


def nothing_seen(rows: int) -> Seen:
    """Mask nothing in each of `rows` rows."""
    return Seen(torch.zeros(rows + 1, dtype=torch.int64), torch.zeros(0, dtype=torch.int32))


@lru_cache
def sequences(small: bool) -> Sequences:
    """Return a made log as large as MovieLens-100k, or a tiny one."""
    data = DataSettings.of({"dataset": TINY if small else LIKE_ML_100K})
    return Sequences.of(load(data), data)


@lru_cache
def activations(small: bool) -> Activations:
    """Return the states of a base trained for one epoch on that log."""
    cache, cpu = Cache(Path(tempfile.mkdtemp())), torch.device("cpu")
    base, _ = pretrain(sequences(small), SASRecSettings(epochs=1), cache, cpu)
    return extract(sequences(small), base, ActivationSettings(), cache, cpu)[0]
