"""What is kept of the base's ranking, by hand: ranks 1 and 3 have an NDCG of 1 and 1/2."""

import math
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from recsae.metrics.catalogue.base_agreement import Recovered, Share
from recsae.metrics.evaluation import Evaluation

FIRST, THIRD, LAST = [1, 1], [3, 3], [99, 99]


@dataclass
class Ranked:
    """The part of an evaluation that these metrics look at."""

    ranks_R: Tensor
    base_ranks_R: Tensor
    mean_ranks_R: Tensor

    ndcg = Evaluation.ndcg


def scored(ours: list[int], base: list[int], mean: list[int]) -> Any:
    return Ranked(torch.tensor(ours), torch.tensor(base), torch.tensor(mean))


@pytest.mark.parametrize(
    ("ours", "base", "mean", "share", "recovered"),
    [
        (THIRD, FIRST, LAST, 0.5, 0.5),
        (THIRD, FIRST, THIRD, 0.5, 0.0),
        (FIRST, FIRST, THIRD, 1.0, 1.0),
        (FIRST, THIRD, LAST, 2.0, 2.0),
        (LAST, FIRST, THIRD, 0.0, -1.0),
        (FIRST, LAST, LAST, math.nan, math.nan),
        (FIRST, THIRD, THIRD, 2.0, math.nan),
        (FIRST, THIRD, FIRST, 2.0, math.nan),
        ([10, 11], FIRST, LAST, *[0.5 / math.log2(11)] * 2),  # rank 11 scores nothing
    ],
)
def test_what_is_kept_of_the_base(
    ours: list[int], base: list[int], mean: list[int], share: float, recovered: float
) -> None:
    case = scored(ours, base, mean)
    assert Share().compute(case) == pytest.approx(share, nan_ok=True)
    assert Recovered().compute(case) == pytest.approx(recovered, nan_ok=True)
