"""Scores autoencoders on one split of the stored states. R rows, D width, K active latents."""

import math
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from recsae.activations.extraction import Split
from recsae.activations.store import Activations
from recsae.metrics.closeness import closeness
from recsae.metrics.latents import LatentUsage, coherence
from recsae.metrics.leakage import BLOCK_ROWS, Audit, leak_audit, leaks, written_anew
from recsae.metrics.ranking import Products, gains, ranks
from recsae.metrics.reconstruction import mean_row, shrinkage
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder
from recsae.sequences import Mask

_LEAST_RECOVERABLE = 1e-3


class Measured(NamedTuple):
    """What an evaluator finds of a model."""

    metrics: dict[str, float]
    ranks_R: Tensor
    """int64 [R] on the CPU."""


class Evaluator:
    """Holds what does not change from model to model."""

    def __init__(
        self, activations: Activations, split: Split, mask: Mask = "history", device: str = "cpu"
    ) -> None:
        self._x_RD = activations.states(split).to(device)
        self._table_ID = activations.tensor("item_table").to(device)
        self.panel = activations.panel(split, mask, device)
        self.base_ranks = self._rank(self._x_RD)
        """int64 [R]: the ranks of the base itself."""
        self.base = self.panel.scores(self.base_ranks)
        mean_D = mean_row(activations.tensor("train_x")).to(self._x_RD)
        self._mean_ndcg = _ndcg(self._rank(mean_D.expand_as(self._x_RD)))

    def __call__(self, model: SparseAutoencoder, deep: bool = False) -> dict[str, float]:
        """Return the metrics of a model, see `measure`."""
        return self.measure(model, deep).metrics

    @torch.no_grad()
    def ranks(self, model: SparseAutoencoder) -> Tensor:
        """Return int64 [R] on the CPU: the ranks of the targets among a model's scores."""
        model.eval()
        return self._rank(torch.cat([model(x_BD) for x_BD in torch.split(self._x_RD, BLOCK_ROWS)]))

    @torch.no_grad()
    def measure(self, model: SparseAutoencoder, deep: bool = False) -> Measured:
        """Return ranking, reconstruction, leak audit and code measures; `deep`: the costly too."""
        usage = LatentUsage(model.latents, self._x_RD.device)
        audit = leak_audit(
            self._x_RD,
            model,
            bare=partial(_bare, model.latents),
            watch=lambda code: usage(code.values_BK, code.indices_BK),
            deep=deep,
        )
        rank_R, costly = self._deep(audit) if deep else (self._rank(audit.recon_RD), {})
        scores = self.panel.scores(rank_R)
        figures = {**audit.figures, **costly}
        metrics = {
            **scores,
            "share": share(scores, self.base),
            "recovered": recovered(scores["ndcg@10"], self.base["ndcg@10"], self._mean_ndcg),
            **figures,
            "leak": leaks(figures),
            **usage.metrics(model.fired),
            "shrinkage": shrinkage(self._x_RD, audit.recon_RD),
            **(coherence(model.W_dec) if deep else {}),
        }
        return Measured(metrics, rank_R)

    def _rank(self, state_RD: Tensor) -> Tensor:
        return ranks(state_RD, self._table_ID, *self.panel.asked)

    def _deep(self, audit: Audit) -> tuple[Tensor, dict[str, float]]:
        """Return the ranks, and what takes rankings of its own: the audit's, kl and overlap."""
        asked, kept = self.panel.asked, audit.kept
        # Codes of other users, when nothing leaks, are our scores asked for other users' targets.
        places = [] if "permuted" in kept else [other_R.argsort() for other_R in audit.others_PR]
        elsewhere = [asked.at(place_R) for place_R in places]
        ours, base = (Products(x, self._table_ID) for x in (audit.recon_RD, self._x_RD))
        near = closeness(ours, base, [asked, *elsewhere], asked.seen)
        rank_R, *permuted = near.ranks
        permuted += [self._rank(recon_RD) for recon_RD in kept.get("permuted", [])]

        def rank_of(name: str) -> Tensor:
            same = torch.equal(kept[name], audit.recon_RD)
            return rank_R if same else self._rank(kept[name])

        return rank_R, {
            "ndcg@10_code": _ndcg(rank_of("code")),
            "ndcg@10_permuted": sum(map(_ndcg, permuted)) / len(permuted),
            "ndcg@10_zeroed": _ndcg(rank_of("zeroed")),
            "leak_rank": float((rank_of("foreign") != rank_R).double().mean()),
            "kl": float(near.kl_R.mean()),
            "overlap@10": float(near.overlap_R.mean()),
        }


def share(scores: dict[str, float], base: dict[str, float]) -> float:
    """Return the part of the base's NDCG@10 that is kept; NaN if the base has none."""
    return scores["ndcg@10"] / base["ndcg@10"] if base["ndcg@10"] else math.nan


def recovered(ours: float, base: float, mean: float) -> float:
    """Return how far NDCG@10 is from what one mean state gives (0) to the base's (1).

    NaN where the base is hardly better than that.
    """
    return (ours - mean) / (base - mean) if base - mean >= _LEAST_RECOVERABLE else math.nan


def _ndcg(rank_R: Tensor) -> float:
    return float(gains(rank_R).mean())


def _bare(latents: int, code: SparseCode, generator: torch.Generator) -> SparseCode:
    return SparseCode(*written_anew(code.values_BK, code.indices_BK, latents, generator))
