"""What attention and the contrastive loss cost beside the plain autoencoder, one thread.

Each variant trains an epoch in turn with the plain one; attention over the code also in turn with
itself as nn.MultiheadAttention computes it, every atom of every row projected.

    python benchmarks/variant_step.py [--json]
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from sae_step import states
from timing import asks_for_json, compare, show
from torch import Tensor, nn

from recsae.sae.base import Autoencoder, Variant
from recsae.sae.code import SparseCode
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.attention import Attention
from recsae.sae.variants.contrastive import Contrastive
from recsae.sae.variants.topk import TopK

SHAPES = [(2, 5, 256), (8, 8, 512), (32, 16, 256), (32, 16, 1024)]
CODE = {"sae_attn_mode": "code", "sae_attn_dropout": 0.0}


class AtomByAtom(Attention):
    """The same attention over the code, by torch's own module."""

    name = "atom by atom"

    def refine(self, sae: Autoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor) -> Tensor:
        layer, empty_BK = sae.extra["attention"], code.values_BK <= 0
        assert isinstance(layer, nn.MultiheadAttention)
        none_B1 = empty_BK.all(dim=1, keepdim=True)
        tokens_BKD = F.embedding(code.indices_BK, sae.W_dec) * code.values_BK[:, :, None]
        out_B1D, _ = layer(
            linear_BD[:, None],
            tokens_BKD,
            tokens_BKD,
            key_padding_mask=empty_BK & ~none_B1,
            need_weights=False,
        )
        refined: Tensor = linear_BD + out_B1D.squeeze(1).masked_fill(none_B1, 0.0)
        return refined


def epoch(kind: Variant, rows: Rows, shape: tuple[int, int, int], **own: Any) -> Callable[[], Any]:
    """Return an epoch of a variant at (scale, k, batch)."""
    names = ("sae_scale_size", "sae_k", "sae_batch_size")
    values = {**dict(zip(names, shape, strict=True)), "sae_lr": 1e-3, "sae_epochs": 1000, **own}
    settings = kind.Settings.of(values)
    return SAETrainer(kind, settings, rows, order_seed=0, device="cpu").epoch


def main() -> None:
    """Compare over the shapes that searches meet."""
    as_json = asks_for_json(__doc__)
    torch.set_num_threads(1)
    found = []
    for shape in SHAPES:
        x_ND = states(16 * shape[2])
        user_N = torch.randint(0, 20_000, (len(x_ND),))
        rows = Rows(x_ND, user_N, user_N % 500, x_ND[None] + 0.1)
        plain, code = epoch(TopK(), rows, shape), epoch(Attention(), rows, shape, **CODE)
        tried = {
            "attention published": (epoch(Attention(), rows, shape), plain),
            "attention code": (code, plain),
            "attention code, over atom by atom": (epoch(AtomByAtom(), rows, shape, **CODE), code),
            "contrastive": (epoch(Contrastive(), rows, shape), plain),
            "contrastive, base views": (
                epoch(Contrastive(), rows, shape, sae_contrastive_view="base"),
                plain,
            ),
        }
        for name, (one, other) in tried.items():
            result = compare(other, one, runs=5)
            costs = {"times": result["times_faster"], "least": result["least"]}
            found.append({"scale, k, batch": shape, "step": name, **costs, "most": result["most"]})
    show("An epoch of a variant, as a multiple of the plain one's", found, as_json)


if __name__ == "__main__":
    main()
