"""Scores of the reconstructions that a deep audit keeps, by hand: rank 3 has an NDCG of 1/2."""

from typing import Any

import pytest
import torch
from made_seen import nothing_seen
from torch import Tensor

from recsae.metrics.catalogue.leak import CodeNDCG, LeakRank, PermutedNDCG, ZeroedNDCG
from recsae.metrics.evaluation import Evaluation
from recsae.metrics.leakage import Audit
from recsae.metrics.ranking import Asked

FIRST, THIRD = [3.0, 2.0, 1.0], [1.0, 2.0, 3.0]
"""States that are scores: the target, item 0, is first or third of three."""


def evaluation(**kept: Tensor) -> Evaluation:
    """Return that of three rows, all reconstructed right."""
    recon_RD, ones_R = torch.tensor([FIRST] * 3), torch.ones(3, dtype=torch.int64)
    nothing: Any = None
    return Evaluation(
        states_RD=recon_RD,
        item_table_ID=torch.eye(3),
        asked=Asked(0 * ones_R, nothing_seen(3)),
        candidates_R=3 * ones_R,
        base_ranks_R=ones_R,
        mean_ranks_R=ones_R,
        model=nothing,
        audit=Audit({}, recon_RD, torch.empty(0, 3, dtype=torch.int64), kept),
        usage=nothing,
        deep=True,
    )


def test_the_leak_in_the_ranking_is_the_share_of_users_whose_rank_changes() -> None:
    assert LeakRank().compute(evaluation(foreign=torch.tensor([FIRST] * 3))) == 0.0
    one = torch.tensor([FIRST, THIRD, FIRST])
    assert LeakRank().compute(evaluation(foreign=one)) == pytest.approx(1 / 3)


def test_other_reconstructions_have_their_own_ndcg() -> None:
    third, first = torch.tensor([THIRD] * 3), torch.tensor([FIRST] * 3)
    scored = evaluation(code=third, zeroed=first, permuted=torch.stack([first, third]))
    assert CodeNDCG().compute(scored) == pytest.approx(0.5)
    assert ZeroedNDCG().compute(scored) == pytest.approx(1.0)
    assert PermutedNDCG().compute(scored) == pytest.approx(0.75)  # the mean of both permutations
