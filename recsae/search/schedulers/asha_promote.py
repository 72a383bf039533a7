"""Asynchronous successive halving by promotion (Li et al. 2018, algorithm 2).

Every trial pauses at each rung. A free place takes the best paused trial that is in the top
1/factor of its rung, looking at the highest rung first, and a new trial where there is none.
Against stopping: no trial goes on because it came early, and a trial that has waited may still go
on when more have come; the price is a kept state for each paused one.
"""

from collections.abc import Sequence

from recsae.search.schedulers.promotion import Ladder, Promotion


class AshaPromote(Promotion):
    """One ladder for all trials."""

    def __init__(self, rungs: Sequence[int], factor: int, objectives: int) -> None:
        """`rungs`: epochs, ascending; of `factor` trials at a rung one goes on."""
        super().__init__([Ladder(rungs, factor, objectives)])

    def bracket(self, trial_id: int) -> int:
        """Return the only one."""
        return 0
