"""How far a latent moves recommendations to its attribute before they get worse.

R rows, N latents, D width, I items, A attributes.
"""

from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from recsae.metrics.concepts.auc import Bools
from recsae.metrics.concepts.codes import Codes
from recsae.metrics.concepts.rows import Ints
from recsae.metrics.ranking import Asked, gains

ATTRIBUTES: Final = 10
"""So many attributes at most, those that most train rows have."""
ROWS: Final = 500
"""So many scored rows at most, always the same ones of a data set."""
STRENGTHS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""What is added to a latent, in its mean positive values on train rows."""
LOST: Final = 0.1
"""Share of NDCG@10 that may be lost."""
TOP: Final = 10

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Steered(NamedTuple):
    """What is steered: the states that a model recommends from."""

    recon_RD: Tensor
    item_table_ID: Tensor
    asked: Asked
    items_IA: Bools
    """Which items have which attributes."""

    def sample(self) -> "Steered":
        """Return it for some of its rows, and its first attributes."""
        rows = len(self.recon_RD)
        index_R = torch.arange(rows)
        if rows > ROWS:
            chosen = np.sort(np.random.default_rng(0).choice(rows, ROWS, replace=False))
            index_R = torch.from_numpy(chosen)
        return Steered(
            self.recon_RD[index_R.to(self.recon_RD.device)],
            self.item_table_ID,
            self.asked.at(index_R),
            self.items_IA[:, :ATTRIBUTES],
        )


def steer_gains(steered: Steered, pushes_AD: Floats) -> Floats:
    """Return, an attribute, how far its share of the top 10 rises for a tenth of NDCG@10 [A].

    pushes_AD: what is added to the states, times each of STRENGTHS. Between two strengths share
    and loss are taken as a line; where even the largest strength loses less, its rise counts.
    NaN where no target is in the top 10 before.
    """
    table_ID = steered.item_table_ID.double()
    scores_RI = steered.recon_RD.double() @ table_ID.T
    row_S, item_S = steered.asked.seen.entries(slice(0, len(scores_RI)), scores_RI.device)
    scores_RI[row_S, item_S] = -torch.inf
    top_RT, before = _recommended(scores_RI, steered.asked.targets_R)
    found = []
    for push_D, has_I in zip(pushes_AD, steered.items_IA.T, strict=True):
        has_I, push_I = (
            torch.from_numpy(has_I.copy()),
            table_ID @ torch.from_numpy(push_D).to(table_ID),
        )
        share = float(has_I[top_RT].double().mean())
        path = [(0.0, 0.0)]
        for strength in STRENGTHS:
            pushed_RT, ndcg = _recommended(scores_RI + strength * push_I, steered.asked.targets_R)
            lost = 1 - ndcg / before if before else np.nan
            path.append((lost, float(has_I[pushed_RT].double().mean()) - share))
            if not lost < LOST:
                break
        found.append(_rise(path))
    return np.array(found)


def pushes(train: Codes, atoms_ND: Floats, latent_A: Ints) -> Floats:
    """Return [A, D]: the atoms of some latents times their mean positive values."""
    values = train.matrix().tocsc()[:, latent_A]
    mean_A = values.sum(axis=0) / np.maximum(np.diff(values.indptr), 1)
    return np.asarray(mean_A[:, None] * atoms_ND[latent_A])


def _recommended(scores_RI: Tensor, target_R: Tensor) -> tuple[Tensor, float]:
    """Return the top items [R, T] on the CPU, and NDCG@10; a target is never masked."""
    floor_R1 = scores_RI.gather(1, target_R.to(scores_RI.device, torch.int64)[:, None])
    rank_R = (scores_RI >= floor_R1).sum(1)
    top_RT = scores_RI.topk(min(TOP, scores_RI.shape[1]), dim=1).indices
    return top_RT.cpu(), float(gains(rank_R, TOP).mean())


def _rise(path: list[tuple[float, float]]) -> float:
    """Return the rise where LOST is reached, else the last one."""
    (lost_before, rise_before), (lost, rise) = path[-2:]
    if not lost > LOST:
        return rise if np.isfinite(lost) else np.nan
    part = (LOST - lost_before) / (lost - lost_before)
    return rise_before + part * (rise - rise_before)
