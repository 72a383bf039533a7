"""The users of a split: what each is asked, the groups they are in, and all scores of their ranks.

R rows (users), one target each.
"""

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from recsae.metrics import WIDE_CUTOFF
from recsae.metrics.groups import (
    Ints,
    Mask,
    described,
    group_differences,
    group_scores,
    user_groups,
)
from recsae.metrics.intervals import intervals
from recsae.metrics.ranking import Asked, candidates, gains, percentiles
from recsae.metrics.registry import rank_metrics

_WIDE = f"hr@{WIDE_CUTOFF}"
_OVERALL = ("ndcg@10", "hr@10")
_LOWER_IS_BETTER = ("percentile",)

Measures = dict[str, npt.NDArray[np.float64]]


class Panel:
    """Scores whole rankings of a split: overall, by group, and beside the base's."""

    def __init__(
        self, asked: Asked, items: int, history_R: Ints, popularity_R: Ints, met_R: Mask
    ) -> None:
        """Take the targets and masks, the number of items, and what `user_groups` wants."""
        self.asked = asked
        self.candidates_R = candidates(asked.seen, items)
        self._counts = history_R, popularity_R, met_R

    def scores(self, ranks_R: Tensor) -> dict[str, float]:
        """Return the metrics of ranks over all users."""
        known = rank_metrics().items()
        return {name: metric.of_ranks(ranks_R, self.candidates_R) for name, metric in known}

    def groups(self, ranks_R: Tensor) -> dict[str, Any]:
        """Return n, NDCG@10, HR@50 and mean percentile rank of each group."""
        return group_scores(self._groups, self._by_user(ranks_R))

    def compared(self, ranks_R: Tensor, base_R: Tensor) -> dict[str, Any]:
        """Return a model's `difference` to the base over all users, and its `groups` beside it."""
        ours, base = self._by_user(ranks_R), self._by_user(base_R)
        apart = group_differences(self._groups, ours, base, _LOWER_IS_BETTER)
        scored, based = self.groups(ranks_R), self.groups(base_R)
        return {
            "difference": self._difference(ranks_R, base_R),
            "groups": {
                name: {**scored[name], "base": _without_n(based[name]), "difference": apart[name]}
                for name in scored
            },
        }

    def _difference(self, ranks_R: Tensor, base_R: Tensor) -> dict[str, Any]:
        gain_R = gains(ranks_R) - gains(base_R)
        # Paired by user: what all models find easy or hard cancels.
        hit_R = (ranks_R <= 10).double() - (base_R <= 10).double()
        (found,) = intervals(np.column_stack([gain_R.numpy(), hit_R.numpy()]))
        return {
            name: described(interval, len(ranks_R))
            for name, interval in zip(_OVERALL, found, strict=True)
        }

    @cached_property
    def _groups(self) -> dict[str, Mask]:
        return user_groups(*self._counts)

    def _by_user(self, ranks_R: Tensor) -> Measures:
        return {
            "ndcg@10": gains(ranks_R).numpy(),
            _WIDE: (ranks_R <= WIDE_CUTOFF).double().numpy(),
            "percentile": percentiles(ranks_R, self.candidates_R).numpy(),
        }


def _without_n(scored: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in scored.items() if name != "n"}
