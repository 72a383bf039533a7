"""Training an autoencoder: recsae's sparse step against plain dense torch, one thread.

Both run the same number of steps of the same batch size on the same rows: gather, encode, top k,
decode, FVU, gradient projected off unit decoder rows, fused Adam, renormalisation.

    python benchmarks/sae_step.py [--json]
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from timing import asks_for_json, compare, show
from torch import Tensor

from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer

WIDTH = 64
SHAPES = [(128, 5, 256), (512, 16, 256), (2048, 16, 256), (2048, 16, 4096), (2048, 64, 4096)]


def states(rows: int) -> Tensor:
    """Return rows with a few strong directions, as hidden states have."""
    generator = torch.Generator().manual_seed(0)
    strong_NR = torch.randn(rows, 16, generator=generator)
    directions_RD = torch.randn(16, WIDTH, generator=generator)
    return strong_NR @ directions_RD + 0.3 * torch.randn(rows, WIDTH, generator=generator)


def sparse_epoch(x_ND: Tensor, latents: int, k: int, batch: int) -> Callable[[], object]:
    """Return recsae's own epoch."""
    kind = variant("SASRec_SAE")
    settings = kind.Settings(
        sae_k=k,
        sae_scale_size=latents // WIDTH,
        sae_lr=1e-3,
        sae_epochs=1000,
        sae_batch_size=batch,
        sae_auxk=0.0,
    )
    return SAETrainer(kind, settings, Rows(x_ND), order_seed=0, device="cpu").epoch


def dense_epoch(x_ND: Tensor, latents: int, k: int, batch: int) -> Callable[[], object]:
    """Return an epoch with dense codes and autograd alone."""
    dec = F.normalize(torch.randn(latents, WIDTH)).requires_grad_()
    enc = dec.detach().clone().requires_grad_()
    b_enc = torch.zeros(latents, requires_grad=True)
    b_dec = torch.zeros(WIDTH, requires_grad=True)
    adam = torch.optim.Adam([dec, enc, b_enc, b_dec], lr=1e-3, fused=True)

    def step(x_BD: Tensor) -> None:
        pre_BN = ((x_BD - b_dec) @ enc.T + b_enc).relu()
        top = pre_BN.topk(k, dim=1)
        code_BN = torch.zeros_like(pre_BN).scatter(1, top.indices, top.values)
        recon_BD = code_BN @ dec + b_dec
        loss = (x_BD - recon_BD).square().sum() / (x_BD - x_BD.mean(0)).square().sum()
        adam.zero_grad()
        torch.autograd.backward(loss)
        with torch.no_grad():
            assert dec.grad is not None
            dec.grad -= (dec.grad * dec).sum(1, keepdim=True) * dec
            adam.step()
            dec.div_(dec.norm(dim=1, keepdim=True))

    def epoch() -> None:
        for index in torch.randperm(len(x_ND)).split(batch):  # type: ignore[no-untyped-call]
            step(x_ND[index])

    return epoch


def main() -> None:
    """Compare over the shapes that searches meet."""
    as_json = asks_for_json(__doc__)
    torch.set_num_threads(1)
    rows = []
    for latents, k, batch in SHAPES:
        x_ND = states(batch * (24 if batch < 1024 else 4))
        result = compare(
            sparse_epoch(x_ND, latents, k, batch), dense_epoch(x_ND, latents, k, batch)
        )
        rate = len(x_ND) / result["ours_ms"] * 1e3
        rows.append({"latents": latents, "k": k, "batch": batch, "rows_per_s": rate, **result})
    show("SAE training step: sparse (ours) against dense torch", rows, as_json)


if __name__ == "__main__":
    main()
