"""How well single latents tell attributes; each is chosen on train rows and scored on others.

S train rows, R scored rows, C attributes, N latents, L of them with T top rows, P pairs of rows.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recsae.metrics.concepts.auc import Bools, MacroAUC, macro_auc
from recsae.metrics.concepts.codes import Codes
from recsae.metrics.concepts.rows import ConceptRows, Ints
from recsae.metrics.concepts.steering import Steered, pushes, steer_gains

COVERED: Final = 0.8
"""AUC from which on a latent tells an attribute."""
TOP: Final = 10
"""Rows of largest value by which a latent is judged; one of fewer positive rows is not judged."""
_PAIRS: Final = 100_000
_LATENTS = 512

Floats = npt.NDArray[np.float64]


class Ranked(Protocol):
    """Rows whose latents have an AUC: `Codes` or `Columns`."""

    def aucs(self, positive_RC: Bools) -> Floats:
        """Return the AUC of each latent for each attribute [N, C]."""

    def scores(self, latent_C: Ints) -> Floats:
        """Return the values of some latents [R, C]."""


class Representation(NamedTuple):
    """Train rows and scored rows in terms of latents."""

    train: Codes
    scored: Codes
    atoms_ND: Floats | None = None
    """What each latent adds to a state, a unit of its value."""
    ranked: tuple[Ranked, Ranked] | None = None
    """What AUC is taken of, if not of the codes."""


class Score(NamedTuple):
    """A mean, and the values that it is the mean of."""

    value: float
    parts: Floats
    """Of rows (pseudo-values), attributes or latents."""

    @classmethod
    def of(cls, parts: npt.ArrayLike) -> Self:
        """Return the mean of some values; NaN of none."""
        values = np.asarray(parts, np.float64)
        return cls(float(values.mean()) if len(values) else float("nan"), values)


class ConceptScores:
    """The scores of one representation, each computed when it is asked for."""

    def __init__(
        self, latents: Representation, rows: ConceptRows, steered: Steered | None = None
    ) -> None:
        """Take what is scored; `steer_gain` is of what is recommended, and NaN without it."""
        self._latents, self._rows, self._steered = latents, rows, steered

    def __getitem__(self, name: str) -> Score:
        """Return one of SCORES."""
        return SCORES[name](self)

    @cached_property
    def auc(self) -> MacroAUC:
        """The AUC on scored rows of, for each attribute, the latent with the largest on train."""
        scored = self._latents.ranked[1] if self._latents.ranked else self._latents.scored
        return macro_auc(scored.scores(self._best_C), self._rows.scored_RC)

    @cached_property
    def _best_C(self) -> Ints:
        """The latent with the largest AUC on train, an attribute."""
        train = self._latents.ranked[0] if self._latents.ranked else self._latents.train
        return np.asarray(train.aucs(self._rows.train_SC).argmax(0))

    def coverage(self) -> Score:
        """Return the share of the attributes that such a latent tells."""
        return Score.of(self.auc.value_C >= COVERED)

    def f1(self) -> Score:
        """Return the F1 of being active on scored rows, by the latent with the best on train."""
        best_C = f1s(self._latents.train, self._rows.train_SC).argmax(0)
        own_NC = f1s(self._latents.scored, self._rows.scored_RC)
        return Score.of(own_NC[best_C, np.arange(len(best_C))])

    def purity(self) -> Score:
        """Return how much oftener than by chance a latent's top train rows agree."""
        return Score.of(purities(self._latents.train, self._rows.train_SC))

    def steer_gain(self) -> Score:
        """Return how far such latents raise their attribute's share in the recommendations."""
        if self._steered is None or self._latents.atoms_ND is None:
            return Score.of(())
        steered = self._steered.sample()
        latent_A = self._best_C[: steered.items_IA.shape[1]]
        pushes_AD = pushes(self._latents.train, self._latents.atoms_ND, latent_A)
        return Score.of(steer_gains(steered, pushes_AD))


SCORES: Final[Mapping[str, Callable[[ConceptScores], Score]]] = {
    "concept_auc": lambda scores: Score(scores.auc.value, scores.auc.pseudo_R),
    "concept_f1": ConceptScores.f1,
    "purity": ConceptScores.purity,
    "coverage": ConceptScores.coverage,
    "steer_gain": ConceptScores.steer_gain,
}


def f1s(codes: Codes, has_RC: Bools) -> Floats:
    """Return [N, C]: F1 of "the latent is positive" as a guess of "the row has the attribute".

    2 TP / (active rows + rows that have it), 0 where there is neither.
    """
    active_RN = codes.matrix()
    active_RN.data[:] = 1
    both_NC = (active_RN.T @ sparse.csr_array(has_RC.astype(np.float64))).toarray()
    either_NC = active_RN.sum(axis=0)[:, None] + has_RC.sum(0)
    return np.asarray(2 * both_NC / np.maximum(either_NC, 1))


def purities(codes: Codes, has_RC: Bools) -> Floats:
    """Return how much oftener than by chance two top rows of a latent share an attribute [L].

    (agreement - chance) / (1 - chance), the agreement being the share of pairs among its TOP rows
    of largest value that do, and chance that of any two rows. Of latents with so many positive
    rows; of none if any two rows agree.
    """
    top_LT, chance = _top_rows(codes), chance_agreement(has_RC)
    if not len(top_LT) or chance == 1:
        return np.zeros(0)
    first_P, second_P = np.triu_indices(TOP, 1)
    agreed = []
    for part_LT in np.array_split(top_LT, -(-len(top_LT) // _LATENTS)):
        has_LTC = has_RC[part_LT].astype(np.float32)
        shared_LTT = np.matmul(has_LTC, has_LTC.transpose(0, 2, 1)) > 0
        agreed.append(shared_LTT[:, first_P, second_P].mean(1))
    return np.asarray((np.concatenate(agreed) - chance) / (1 - chance))


def chance_agreement(has_RC: Bools) -> float:
    """Return the share of pairs of rows that share an attribute, by a fixed draw of pairs."""
    rng, rows = np.random.default_rng(0), len(has_RC)
    first_P, step_P = rng.integers(rows, size=_PAIRS), rng.integers(1, rows, size=_PAIRS)
    return float((has_RC[first_P] & has_RC[(first_P + step_P) % rows]).any(1).mean())


def _top_rows(codes: Codes) -> Ints:
    """Return [L, T]: the rows of largest value of each latent that has TOP positive ones."""
    entries = codes.matrix().tocoo()
    order_P = np.lexsort((entries.row, -entries.data, entries.col))
    latent_P, row_P = entries.col[order_P], entries.row[order_P]
    counts_N = np.bincount(latent_P, minlength=codes.latents)
    starts_N = np.cumsum(counts_N) - counts_N
    starts_L = starts_N[counts_N >= TOP]
    return np.asarray(row_P[starts_L[:, None] + np.arange(TOP)])
