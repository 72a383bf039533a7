"""Grid search."""

from collections.abc import Sequence
from typing import Any

from recsae.search.engine.history import History, Trial
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.draws import Use, generator
from recsae.search.samplers.untried import Untried
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space import SearchSpace


class GridSampler(Sampler):
    """Tries every setting of a finite space once, in random order, and learns nothing.

    In the order of the file a search that ends early would have seen one corner of the space.
    """

    name = "grid"
    finite = True

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> None:
        super().__init__(space, warm)
        self._untried = Untried(space)

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return a setting that was not tried yet, or not so often as the others."""
        return self._untried.next(generator(self._space.search.seed, trial_id, Use.GRID))

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        self._untried.on_event(trial)
