"""`sae_recipe: reference` against the published training, written again from its formulas.

Dense, in one small class, no code shared with recsae: from the same start, the same batches must
give the same weights after some epochs, for each of the published variants.
"""

import copy
from typing import Any

import pytest
import torch
from made_rows import some_rows
from torch import Tensor, nn
from torch.nn import functional as F

from recsae.sae.recipes import WEIGHT_DECAY
from recsae.sae.registry import variant
from recsae.sae.training import SAETrainer, data_order
from recsae.sae.variants import contrastive

WIDTH, LATENTS, COUNT, BATCH, EPOCHS, RATE = 8, 48, 200, 32, 4, 3e-3
SETTINGS: dict[str, Any] = {
    "sae_recipe": "reference",
    "sae_k": 3,
    "sae_scale_size": LATENTS // WIDTH,
    "sae_lr": RATE,
    "sae_batch_size": BATCH,
    "sae_epochs": EPOCHS,
}
DROPPED = torch.tensor([1.0, 0, 1, 1, 1, 1, 0, 1])
"""Stands in for the random mask of the second view, the same on both sides."""


class Published(nn.Module):
    """The published module and its epoch: everything that it does to the weights."""

    def __init__(self, run: SAETrainer) -> None:
        super().__init__()
        sae = run.model
        self.encoder = nn.Linear(WIDTH, LATENTS).double()
        self.encoder.weight.data = sae.W_enc.detach().double().clone()
        self.encoder.bias.data.zero_()
        self.W_dec = nn.Parameter(sae.W_dec.detach().double().clone())
        self.b_dec = nn.Parameter(torch.zeros(WIDTH).double())
        self.extra = copy.deepcopy(sae.extra).double()
        self.k, self.own = sae.settings.sae_k, sae.settings.values()
        self.chosen: set[int] = set()
        self.alive: set[int] | None = None
        self.dead_seen: list[int] = []
        named = dict(self.named_parameters())
        groups: list[dict[str, Any]] = [
            {"params": [p for name, p in named.items() if "bias" not in name]},
            {"params": [p for name, p in named.items() if "bias" in name], "weight_decay": 0},
        ]
        self.adam = torch.optim.Adam(groups, lr=RATE, weight_decay=WEIGHT_DECAY)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        positive = torch.relu(self.encoder(x - self.b_dec))
        values, places = positive.topk(self.k, dim=1)
        self.chosen |= set(places.flatten().tolist())
        return torch.zeros_like(positive).scatter(1, places, values), positive

    def decode(self, code: Tensor) -> Tensor:
        return code @ self.W_dec + self.b_dec

    def refine(self, x: Tensor, linear: Tensor) -> Tensor:
        return linear

    def own_term(self, x: Tensor, recon: Tensor) -> Tensor:
        return torch.zeros((), dtype=torch.float64)

    def late_terms(self, x: Tensor, recon: Tensor, positive: Tensor) -> Tensor:
        """AuxK and the variant's term: nothing before the second epoch, or if all are alive."""
        if self.alive is None or len(self.alive) == LATENTS:
            return torch.zeros((), dtype=torch.float64)
        dead = torch.tensor([j not in self.alive for j in range(LATENTS)])
        self.dead_seen.append(int(dead.sum()))
        share = min(1.0, int(dead.sum()) / (WIDTH // 2))
        count = min(WIDTH // 2, int(dead.sum()))
        values, places = torch.where(dead, positive, -torch.inf).topk(count, dim=1)
        error_hat = self.decode(torch.zeros_like(positive).scatter(1, places, values))
        auxk = share * (error_hat - (recon - x)).pow(2).sum() / spread(x)
        return auxk + self.own_term(x, recon)

    def epoch(self, x: Tensor, batches: list[Tensor]) -> None:
        self.W_dec.data /= self.W_dec.data.norm(dim=1, keepdim=True) + torch.finfo(x.dtype).eps
        for batch in batches:
            rows = x[batch]
            code, positive = self.encode(rows)
            recon = self.refine(rows, self.decode(code))
            loss = (recon - rows).pow(2).sum() / spread(rows)
            loss = loss + self.late_terms(rows, recon, positive) / 32
            self.adam.zero_grad()
            torch.autograd.backward(loss)
            self.adam.step()
        self.alive, self.chosen = self.chosen, set()


class PublishedAttention(Published):
    def refine(self, x: Tensor, linear: Tensor) -> Tensor:
        pair = torch.stack([x, linear], dim=1)
        refined: Tensor = self.extra["attention"](pair, pair, pair)[0][:, 1]
        return refined  # its dropout is off: the published runner leaves the model in eval mode


class PublishedContrastive(Published):
    def own_term(self, x: Tensor, recon: Tensor) -> Tensor:
        kept = set(self.chosen)
        other = self.decode(self.encode(x * DROPPED)[0])
        self.chosen = kept  # the one thing not followed: what the second view selects
        project = self.extra["projector"]
        z = F.normalize(torch.cat([project(recon), project(other)]), dim=1)
        scores = z @ z.T / self.own["sae_contrastive_temp"]
        positive = torch.cat([scores.diag(len(x)), scores.diag(-len(x))])[:, None]
        logits = torch.cat([positive, scores * (1 - torch.eye(2 * len(x)))], dim=1)
        wanted = torch.zeros(2 * len(x), dtype=torch.int64)
        return self.own["sae_contrastive_weight"] * F.cross_entropy(logits, wanted)


ORACLES = {
    "SASRec_SAE": Published,
    "SASRec_SAE_Attention": PublishedAttention,
    "SASRec_SAE_Contrastive": PublishedContrastive,
}


def spread(x: Tensor) -> Tensor:
    return (x - x.mean(0)).pow(2).sum()


def trainer(name: str = "SASRec_SAE", **settings: Any) -> SAETrainer:
    kind = variant(name)
    chosen = kind.Settings.of(SETTINGS | settings)
    return SAETrainer(kind, chosen, some_rows(), order_seed=0, device="cpu")


def test_it_starts_as_published() -> None:
    sae, bound = trainer().model, 1 / WIDTH**0.5
    assert sae.W_enc.abs().max() <= bound and sae.W_enc.abs().max() > 0.95 * bound
    assert abs(sae.W_enc.mean()) < 0.05 * bound
    assert not sae.b_enc.any() and not sae.b_dec.any()
    torch.testing.assert_close(sae.W_dec, sae.W_enc / sae.W_enc.norm(dim=1, keepdim=True))


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("name", ORACLES)
def test_the_weights_are_those_of_the_published_training(
    name: str, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contrastive, "second_view", lambda rows, own: rows.x_ND * DROPPED)
    run = trainer(name, sae_k=k)
    oracle, x = ORACLES[name](run), some_rows().x_ND.double()
    run.model.double()  # so that rounding does not choose other latents
    for epoch in range(EPOCHS):
        terms = run.epoch()
        batches = data_order(COUNT, 0, epoch).tensor_split(-(-COUNT // BATCH))
        oracle.epoch(x, list(batches))
        assert (terms["auxk"] > 0) is (epoch > 0)
        assert (terms["penalty"] > 0) is (epoch > 0 and name.endswith("Contrastive"))
        theirs = dict(oracle.named_parameters())
        theirs["W_enc"], theirs["b_enc"] = oracle.encoder.weight, oracle.encoder.bias
        for place, weight in run.model.named_parameters():
            torch.testing.assert_close(weight, theirs[place], rtol=1e-7, atol=1e-10, msg=place)
    assert oracle.dead_seen and min(oracle.dead_seen) > 0


def test_atoms_leave_the_sphere_between_epochs() -> None:
    run = trainer()
    run.epoch()
    assert (run.model.W_dec.norm(dim=1) - 1).abs().max() > 1e-3
