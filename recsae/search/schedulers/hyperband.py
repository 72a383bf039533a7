"""HyperBand (Li et al. 2017), asynchronous: brackets of halving that begin at different rungs.

The first bracket judges trials from the first rung on, the next one from the second, the last one
never: a hedge against first epochs that mislead. Each is an `asha_promote` of its own. A trial's
bracket follows from its number alone: always the one that, by the epochs that it is expected to
train, has been given least, so that all brackets get the same budget, as in HyperBand.
"""

from collections.abc import Sequence
from typing import Self

from recsae.search.schedulers.base import geometric_rungs
from recsae.search.schedulers.promotion import Bracket, Promotion
from recsae.space import SearchSpace


class HyperbandScheduler(Promotion):
    """Does as asha_promote in brackets that begin at later and later rungs."""

    name = "hyperband"
    uses = ("grace_epochs", "reduction_factor")
    pauses = True
    halving = True

    def __init__(self, rungs: Sequence[int], max_epochs: int, factor: int, objectives: int) -> None:
        """`rungs`: epochs, ascending, below `max_epochs`; of `factor` at a rung one goes on."""
        # The last one is empty: its trials are never judged.
        starts = [rungs[i:] for i in range(len(rungs) + 1)]
        super().__init__([Bracket(start, factor, objectives) for start in starts])
        self._costs = [expected_epochs(start, max_epochs, factor) for start in starts]
        self._given = [0] * len(starts)
        self._brackets_of: list[int] = []  # by trial number

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the scheduler of a space."""
        factor, objectives = space.scheduler.reduction_factor, len(space.objectives)
        return cls(geometric_rungs(space), space.max_epochs, factor, objectives)

    def bracket(self, trial_id: int) -> int:
        """Return the bracket of a trial."""
        while len(self._brackets_of) <= trial_id:
            spent = [(n + 1) * cost for n, cost in zip(self._given, self._costs, strict=True)]
            least = spent.index(min(spent))
            self._given[least] += 1
            self._brackets_of.append(least)
        return self._brackets_of[trial_id]


def expected_epochs(rungs: Sequence[int], max_epochs: int, factor: int) -> float:
    """Return the epochs that a trial trains on average, if 1/factor goes on at each rung."""
    ends = [*rungs, max_epochs]
    steps = [end - start for start, end in zip([0, *rungs], ends, strict=True)]
    return float(sum(step / factor**i for i, step in enumerate(steps)))
