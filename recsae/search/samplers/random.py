"""Random search."""

from typing import Any

from recsae.search.engine.history import History
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.draws import Use, at_random, generator


class RandomSampler(Sampler):
    """Draws every value at random and learns nothing."""

    name = "random"

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial."""
        random = generator(self._space.search.seed, trial_id, Use.CORE)
        return self._space.drawn(at_random(random))
