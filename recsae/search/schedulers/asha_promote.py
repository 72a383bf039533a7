"""Asynchronous successive halving by promotion (Li et al. 2018, algorithm 2).

Every trial pauses at each rung. A free place takes the best paused trial that is in the top
1/factor of its rung, looking at the highest rung first, and a new trial where there is none.
Against stopping: no trial goes on because it came early, and a trial that has waited may still go
on when more have come; the price is a kept state for each paused one.
"""

from typing import Self

from recsae.search.schedulers.base import geometric_rungs
from recsae.search.schedulers.promotion import Bracket, Promotion
from recsae.space import SearchSpace


class AshaPromoteScheduler(Promotion):
    """Pauses all trials at each rung and lets the best go on."""

    name = "asha_promote"
    uses = ("grace_epochs", "reduction_factor")
    pauses = True
    halving = True

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the scheduler of a space, with one bracket for all trials."""
        factor = space.scheduler.reduction_factor
        return cls([Bracket(geometric_rungs(space), factor, len(space.objectives))])

    def bracket(self, trial_id: int) -> int:
        """Return the only one."""
        return 0
