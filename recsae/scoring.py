"""Scores autoencoders on one split of the stored states. R rows, D width, K active latents."""

import math
from collections.abc import Collection
from functools import cached_property, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from recsae.activations.concept_rows import attribute_rows, true_rows
from recsae.activations.extraction import Split
from recsae.activations.store import Activations
from recsae.metrics.concepts.controls import against, controls
from recsae.metrics.concepts.rows import ConceptRows
from recsae.metrics.concepts.scores import ConceptScores
from recsae.metrics.concepts.steering import Steered
from recsae.metrics.evaluation import Evaluation, represented
from recsae.metrics.latents import LatentUsage
from recsae.metrics.leakage import BLOCK_ROWS, leak_audit, written_anew
from recsae.metrics.ranking import ndcg, ranks
from recsae.metrics.reconstruction import fvu, mean_row
from recsae.metrics.registry import metrics
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder
from recsae.sequences import Mask


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
        self._activations, self._split = activations, split
        self._x_RD = activations.states(split).to(device)
        self._table_ID = activations.tensor("item_table").to(device)
        self.panel = activations.panel(split, mask, device)
        self.base_ranks = self._rank(self._x_RD)
        """int64 [R]: the ranks of the base itself."""
        self.base = self.panel.scores(self.base_ranks)
        mean_D = mean_row(activations.tensor("train_x")).to(self._x_RD)
        self._mean_ranks_R = self._rank(mean_D.expand_as(self._x_RD))

    def __call__(
        self, model: SparseAutoencoder, deep: bool = False, asked: Collection[str] = ()
    ) -> dict[str, float]:
        """Return the metrics of a model, see `measure`."""
        return self.measure(model, deep, asked).metrics

    @torch.no_grad()
    def ranks(self, model: SparseAutoencoder) -> Tensor:
        """Return int64 [R] on the CPU: the ranks of the targets among a model's scores."""
        model.eval()
        return self._rank(torch.cat([model(x_BD) for x_BD in torch.split(self._x_RD, BLOCK_ROWS)]))

    @torch.no_grad()
    def measure(
        self, model: SparseAutoencoder, deep: bool = False, asked: Collection[str] = ()
    ) -> Measured:
        """Return every metric of a model, and its ranks.

        The deep ones are among them if `deep`, those on request if `asked` has their names.
        """
        scored = self._evaluation(model, deep)
        known = metrics()
        chosen = [
            known[name]
            for name in dict.fromkeys([*known, *sorted(asked)])
            if name in asked or ((deep or not known[name].deep) and not known[name].on_request)
        ]
        return Measured({one.name: _number(one.compute(scored)) for one in chosen}, scored.ranks_R)

    @torch.no_grad()
    def curve_of_k(self, model: SparseAutoencoder) -> dict[int, dict[str, float]]:
        """Return NDCG@10, share, fvu and l0 at each k of the variant's ladder.

        The rows are encoded once, and each code is cut to its k largest values.
        """
        model.eval()
        blocks = self._x_RD.tensor_split(-(-len(self._x_RD) // BLOCK_ROWS))
        codes = [model.encode(x_BD) for x_BD in blocks]
        found = {}
        for k in model.variant.ladder(model.settings):
            cut = [code.largest(k) for code in codes]
            recons = [model.reconstruct(*pair) for pair in zip(cut, blocks, strict=True)]
            active = sum(int((code.values_BK > 0).sum()) for code in cut)
            found[k] = self._at_k(torch.cat(recons)) | {"l0": active / len(self._x_RD)}
        return found

    def _at_k(self, recon_RD: Tensor) -> dict[str, float]:
        own, base = ndcg(self._rank(recon_RD), 10), self.base["ndcg@10"]
        share = own / base if base else math.nan
        return {"ndcg@10": own, "share": share, "fvu": fvu(self._x_RD, recon_RD)}

    def _evaluation(self, model: SparseAutoencoder, deep: bool) -> Evaluation:
        usage = LatentUsage(model.latents, self._x_RD.device)
        audit = leak_audit(
            self._x_RD,
            model,
            bare=partial(_bare, model.latents),
            on_code=lambda code: usage(code.values_BK, code.indices_BK),
            deep=deep,
        )
        return Evaluation(
            states_RD=self._x_RD,
            item_table_ID=self._table_ID,
            asked=self.panel.asked,
            candidates_R=self.panel.candidates_R,
            base_ranks_R=self.base_ranks,
            mean_ranks_R=self._mean_ranks_R,
            model=model,
            audit=audit,
            usage=usage,
            deep=deep,
            attribute_rows=lambda: self.attribute_rows,
            true_rows=lambda: self.true_rows,
            train_counts=lambda: torch.from_numpy(self._activations.item_train_counts()),
        )

    @cached_property
    def attribute_rows(self) -> ConceptRows | None:
        """Which attributes the rows have, see `Evaluation`; read when a metric first asks."""
        return attribute_rows(self._activations, self._split, self._x_RD.device)

    @cached_property
    def true_rows(self) -> ConceptRows | None:
        """Which concepts the rows have, see `Evaluation`; the same."""
        return true_rows(self._activations, self._split, self._x_RD.device)

    def _rank(self, state_RD: Tensor) -> Tensor:
        return ranks(state_RD, self._table_ID, *self.panel.asked)


@torch.no_grad()
def concepts_beside_controls(
    model: SparseAutoencoder, activations: Activations
) -> dict[str, dict[str, Any]]:
    """Return the dev scores of concepts, each beside its controls; none without attributes.

    See `metrics.concepts.controls.against`.
    """
    x_RD = activations.states("dev").to(model.W_dec.device)
    rows = attribute_rows(activations, "dev", x_RD.device)
    if rows is None:
        return {}
    assert rows.items_IC is not None
    recon_RD = torch.cat([model(x_BD) for x_BD in torch.split(x_RD, BLOCK_ROWS)])
    asked = activations.panel("dev", "history", x_RD.device.type).asked
    table_ID = activations.tensor("item_table").to(x_RD.device)
    steered = Steered(recon_RD, table_ID, asked, rows.items_IC)
    own = represented(model, rows, x_RD)
    beside = controls(own, rows, x_RD, model.settings.sae_k, steered)
    return against(ConceptScores(own, rows, steered), beside)


def _number(value: float) -> float:
    """Return a verdict as it is, and a number of any library as Python's."""
    return value if isinstance(value, bool) else float(value)


def _bare(latents: int, code: SparseCode, generator: torch.Generator) -> SparseCode:
    return SparseCode(*written_anew(code.values_BK, code.indices_BK, latents, generator))
