"""A sampler that learns nothing."""

from typing import Any

from scipy.stats.qmc import Halton

from recsae.search.engine.history import History
from recsae.search.samplers.base import Sampler
from recsae.space.unit import from_unit


class HaltonSampler(Sampler):
    """Spreads the trials over the space by a scrambled Halton sequence."""

    name = "halton"

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial: the point of its number."""
        names = [parameter.name for parameter in self._space.searched]
        if not names:
            return {}
        sequence = Halton(len(names), rng=self._space.search.seed)
        sequence.fast_forward(trial_id)
        point = dict(zip(names, sequence.random(1)[0].tolist(), strict=True))
        return self._space.drawn(lambda parameter: from_unit(parameter, point[parameter.name]))
