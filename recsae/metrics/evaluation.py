"""What metrics are computed from: one model on one split, and the passes that several share.

R rows of the split, D width, N latents, K places of a code, I items.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from recsae.metrics.closeness import Closeness, closeness
from recsae.metrics.concepts.codes import Codes
from recsae.metrics.concepts.recovery import Recovery, recovery
from recsae.metrics.concepts.rows import ConceptRows
from recsae.metrics.concepts.scores import ConceptScores, Representation
from recsae.metrics.concepts.steering import Steered
from recsae.metrics.latents import LatentUsage, likeness
from recsae.metrics.leakage import BLOCK_ROWS, Audit, Coder
from recsae.metrics.ranking import Asked, Products, ndcg, ranks
from recsae.metrics.recommended import top_items


class Autoencoder(Coder, Protocol):
    """A model with a code and a dictionary."""

    @property
    def W_dec(self) -> Tensor:
        """The atoms [N, D]."""

    @property
    def fired(self) -> Tensor:
        """Which latents were positive in the last training epoch, bool [N]."""

    @property
    def twin_ND(self) -> Tensor | None:
        """The atoms of the same settings with another seed; None if it was trained alone."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model and the rows of a split: a user, a state and a target each, in one order.

    Ranks are int64 [R] on the CPU, 1 is the best. What is a property is computed when it is first
    asked for.
    """

    states_RD: Tensor
    """float32: the base's states, from which the targets are predicted."""
    item_table_ID: Tensor
    """float32: what follows a state x is scored by x @ item_table.T."""
    asked: Asked
    """The targets, int [R], and the items that each row may not be offered."""
    candidates_R: Tensor
    """int64: how many items each row may be offered."""
    base_ranks_R: Tensor
    """Ranks of the targets among the base's scores."""
    mean_ranks_R: Tensor
    """Ranks of the targets when every state is the mean state of training."""
    model: Autoencoder
    """What is scored, in evaluation mode; to be left as it is."""
    audit: Audit
    """Reconstructions, and what they show of a leak."""
    usage: LatentUsage
    """How often each latent is positive."""
    deep: bool
    """Whether deep metrics are measured too."""
    attribute_rows: Callable[[], ConceptRows | None] = lambda: None
    """Which attributes the next items of train rows and of these rows have; None without any."""
    true_rows: Callable[[], ConceptRows | None] = lambda: None
    """The same of the concepts that users follow, where the data were made from them."""

    train_counts: Callable[[], Tensor] = lambda: torch.empty(0)
    """Training events of each item, integers [I] on the CPU."""

    @property
    def reconstruction_RD(self) -> Tensor:
        """What the model makes of the states, float32."""
        return self.audit.recon_RD

    @property
    def targets_R(self) -> Tensor:
        """The item that each row asks for, an integer."""
        return self.asked.targets_R

    @cached_property
    def code(self) -> tuple[Tensor, Tensor]:
        """Values [R, K], 0 where a place is empty, and the latents [R, K] that they belong to."""
        return _encoded(self.model, self.states_RD)

    @cached_property
    def concept_scores(self) -> ConceptScores | None:
        """What single latents tell of attributes; None without any."""
        rows = self.attribute_rows()
        if rows is None:
            return None
        own = represented(self.model, rows, self.states_RD)
        return ConceptScores(own, rows, self.steered(rows))

    def steered(self, rows: ConceptRows) -> Steered | None:
        """Return what latents steer; None if no item has what the rows have."""
        if rows.items_IC is None:
            return None
        return Steered(self.reconstruction_RD, self.item_table_ID, self.asked, rows.items_IC)

    @cached_property
    def recovery(self) -> Recovery | None:
        """How well the known concepts are found; None where none are known."""
        rows = self.true_rows()
        if rows is None:
            return None
        return recovery(represented(self.model, rows, self.states_RD), rows)

    @cached_property
    def ranks_R(self) -> Tensor:
        """Ranks of the targets among the model's scores."""
        return self.closeness.ranks[0] if self.deep else self.ranks_by(self.reconstruction_RD)

    def ranks_by(self, states_RD: Tensor) -> Tensor:
        """Return the ranks of the targets when these states are scored."""
        return ranks(states_RD, self.item_table_ID, *self.asked)

    @cached_property
    def _tops(self) -> dict[int, Tensor]:
        return {}

    def recommended(self, k: int) -> Tensor:
        """Return the first k items of each row that it may be offered, see `top_items`."""
        wide = next((most for most in self._tops if most >= k), None)
        if wide is None:
            wide = k
            scores = Products(self.reconstruction_RD, self.item_table_ID)
            self._tops[k] = top_items(scores, self.asked.seen, len(self.item_table_ID), k)
        return self._tops[wide][:, :k]

    def ndcg(self, ranks_R: Tensor) -> float:
        """Return NDCG@10."""
        return ndcg(ranks_R, 10)

    @cached_property
    def closeness(self) -> Closeness:
        """How near the scores are to the base's, and ranks that the same pass over them gives.

        The first ranks are those of the targets; more of them see `permuted_ranks`.
        """
        # Codes of other users, when nothing leaks, are our scores asked for other users' targets.
        alike = "permuted" not in self.audit.kept
        moved = [other_R.argsort() for other_R in self.audit.others_PR] if alike else []
        elsewhere = [self.asked.at(place_R) for place_R in moved]
        ours, base = (
            Products(states_RD, self.item_table_ID)
            for states_RD in (self.reconstruction_RD, self.states_RD)
        )
        return closeness(ours, base, [self.asked, *elsewhere], self.asked.seen)

    @cached_property
    def permuted_ranks(self) -> list[Tensor]:
        """Ranks with the codes of other users, for each permutation of the audit."""
        if "permuted" not in self.audit.kept:
            return self.closeness.ranks[1:]
        return [self.ranks_by(states_RD) for states_RD in self.audit.kept["permuted"]]

    def ranks_of(self, kept: str) -> Tensor:
        """Return the ranks by another reconstruction, which a deep audit keeps under this name."""
        states_RD = self.audit.kept[kept]
        same = torch.equal(states_RD, self.reconstruction_RD)
        return self.ranks_R if same else self.ranks_by(states_RD)

    @cached_property
    def likeness_N(self) -> Tensor:
        """|cos| of each atom to the one most like it, float64."""
        return likeness(self.model.W_dec)


def represented(model: Autoencoder, rows: ConceptRows, x_RD: Tensor) -> Representation:
    """Return the codes of the train rows, and of the states that are scored."""
    atoms_ND = model.W_dec.detach().cpu().double().numpy()
    return Representation(_codes(model, rows.train_SD), _codes(model, x_RD), atoms_ND)


def _codes(model: Autoencoder, x_RD: Tensor) -> Codes:
    values_RK, indices_RK = (part.cpu().numpy() for part in _encoded(model, x_RD))
    return Codes(values_RK, indices_RK, len(model.W_dec))


def _encoded(model: Autoencoder, x_RD: Tensor) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        codes = [model.encode(x_BD) for x_BD in torch.split(x_RD, BLOCK_ROWS)]
    values_RK, indices_RK = (torch.cat(parts) for parts in zip(*codes, strict=True))
    return values_RK, indices_RK
